// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ProofKind} from "../../../contracts/types/ProofTypes.sol";
import {Attributes, Evidence, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {Member} from "./WalkBook.sol";
import {WalkTasks} from "./WalkTasks.sol";
import {WalkWallet} from "./WalkWallet.sol";

/// @title WalkMembers
/// @notice What members, the admin, outsiders and time may do to tasks and places, in whatever order.
abstract contract WalkMembers is WalkTasks {
    /// @notice Takes a place, as the account's role says, with the bond that is due, or with a little more or less.
    function _enter(uint32 taskId, uint256 i, uint256 seed) internal {
        for (uint256 k = 0; k < ACCOUNTS && seed % 16 < 5 && members[taskId][i].inside; ++k) i = (i + 1) % ACCOUNTS;
        uint256 due = members[taskId][i].bonded ? 0 : _bondWei(taskId, i);
        uint256 sent = due;
        if (seed % 16 == 1) sent += 1;
        if (seed % 16 == 2 && due != 0) sent -= 1;
        bool stated = seed % 16 > 3 || i >= PARTICIPANTS || !rulesOf[taskId].statementRequired;
        bytes32 first = seed % 16 == 4 ? bytes32("another") : _first(taskId);
        bytes32 statement = stated ? bytes32("statement") : bytes32(0);
        bytes memory call =
            i < PARTICIPANTS
                ? abi.encodeCall(Calls.enrol, (taskId, first, statement, ""))
                : abi.encodeCall(Calls.join, (taskId, first));
        bool must = _mayEnter(taskId, i) && sent == due && stated && seed % 16 != 4;
        _expect(_try(accounts[i], address(federation), call, sent), must, "enter");
        if (!must) return;
        ++done["enter"];
        Member storage member = members[taskId][i];
        (member.inside, member.everIn, member.freeFrom) = (true, true, 0);
        member.bonded = _bondWei(taskId, i) != 0;
    }

    function _mayEnter(uint32 taskId, uint256 i) private view returns (bool) {
        TaskRules storage rules = rulesOf[taskId];
        Member storage member = members[taskId][i];
        if (!_in(roles, i) || member.inside || member.expelled) return false;
        if (heads[taskId].accepted >= rules.rounds) return false;
        bool isFull = _count(_places(taskId, 0, PARTICIPANTS)) >= rules.maxUpdates;
        return i >= PARTICIPANTS || rules.drawDelayBlocks != 0 || !isFull;
    }

    function _depart(uint32 taskId, uint256 i) internal {
        bool must = _isIn(taskId, i);
        if (_step(accounts[i], abi.encodeCall(Calls.leave, (taskId, _first(taskId))), must, "leave")) _left(taskId, i);
    }

    /// @notice The admin revokes an account's role, mostly to give it back; one time in eight everybody's.
    function _revoke(uint256 seed) internal {
        bool all = seed % 8 == 0;
        uint256 only = (seed >> 8) % ACCOUNTS;
        for (uint256 i = 0; i < ACCOUNTS; ++i) if (all || i == only) _revokeOne(i);
        ++done["revoke"];
        if ((seed >> 3) % 3 != 0) _grantAll();
    }

    function _revokeOne(uint256 i) private {
        federation.revokeRole(_roleOf(i), accounts[i]);
        roles &= ~(uint256(1) << i);
        for (uint32 taskId = 1; taskId <= taskCount; ++taskId) if (_isIn(taskId, i)) _left(taskId, i);
    }

    function _grantAll() internal {
        for (uint256 i = 0; i < ACCOUNTS; ++i) federation.grantRole(_roleOf(i), accounts[i]);
        roles = (1 << ACCOUNTS) - 1;
    }

    function _resume(uint32 taskId, uint256 i) internal {
        // mostly one that is idle
        for (uint256 k = 0; k < ACCOUNTS && i % 4 != 0 && !members[taskId][i].idle; ++k) i = (i + 1) % ACCOUNTS;
        bool must = _isIn(taskId, i) && members[taskId][i].idle;
        if (_step(accounts[i], abi.encodeCall(Calls.resume, (taskId)), must, "resume")) members[taskId][i].idle = false;
    }

    function _free(uint32 taskId) internal {
        bool must = !_inFlight(taskId);
        if (_step(outsider, abi.encodeCall(Calls.freePlaces, (taskId)), must, "free")) _freed(taskId);
    }

    /// @notice A bond leaves exactly when its owner has no place, is not expelled, and its time is over: not one second
    /// before.
    function _release(uint32 taskId, uint256 i, uint256 seed) internal {
        // mostly of one that has left
        for (uint256 k = 0; k < ACCOUNTS && !_hasLeft(taskId, i); ++k) i = (i + 1) % ACCOUNTS;
        if (seed % 2 == 0 && _isIn(taskId, i) && !_inFlight(taskId)) {
            _depart(taskId, i);
            _free(taskId);
        }
        seed >>= 1;
        Member storage member = members[taskId][i];
        if (member.bonded && !member.inside) _pass(member.freeFrom - (seed % 2));
        bool must = member.bonded && !member.inside && block.timestamp >= member.freeFrom;
        bytes memory call = abi.encodeCall(Calls.releaseBond, (taskId, accounts[i]));
        if (_step(outsider, call, must, "release")) member.bonded = false;
    }

    function _hasLeft(uint32 taskId, uint256 i) private view returns (bool) {
        return members[taskId][i].bonded && !members[taskId][i].inside;
    }

    function _withdraw(uint256 i) internal {
        for (uint256 k = 0; k < ACCOUNTS && i < ACCOUNTS && _creditOf(accounts[i]) == 0; ++k) i = (i + 1) % ACCOUNTS;
        address account = i >= ACCOUNTS ? outsider : accounts[i];
        _step(account, abi.encodeCall(Calls.withdraw, ()), _creditOf(account) != 0, "withdraw");
    }

    /// @notice What only others may do, tried by the outsider or by a liar.
    function _usurp(uint32 taskId, uint256 seed) internal {
        uint256 kind = seed % 12;
        address account = (seed >> 8) % 2 == 0 ? outsider : accounts[(seed >> 9) % 2 == 0 ? 5 : 10];
        bool isMember = account != outsider && _isIn(taskId, _indexOf(account));
        bytes memory call;
        Evidence memory evidence;
        evidence.inputs.taskId = taskId;
        evidence.inputs.round = heads[taskId].newest;
        if (kind == 0) call = abi.encodeCall(Calls.strike, (evidence, ProofKind.WrongChunk, 0, account, account));
        else if (kind == 1)
            call = abi.encodeCall(Calls.expel, (taskId, 1, accounts[0], ProofKind.Equivocation, account));
        else if (kind == 2) call = abi.encodeCall(IAccessControl.grantRole, (_roleOf(0), account));
        else if (kind == 3) call = abi.encodeCall(IAccessControl.revokeRole, (_roleOf(0), accounts[0]));
        else if (kind == 4) call = abi.encodeCall(Calls.setAttributes, (account, Attributes("a", "b", 9)));
        else if (kind == 5) call = abi.encodeCall(Calls.openRound, (taskId, heads[taskId].newest + 1));
        else if (kind == 6) call = abi.encodeCall(Calls.record, (taskId, _first(taskId), 1, "record"));
        else if (kind == 7) call = abi.encodeCall(Calls.join, (taskId, _first(taskId)));
        else if (kind == 8) call = abi.encodeCall(Calls.enrol, (taskId, _first(taskId), "statement", ""));
        else if (kind == 9) call = abi.encodeCall(Calls.leave, (taskId, _first(taskId)));
        else if (kind == 10) call = abi.encodeCall(Calls.resume, (taskId));
        else
            call = abi.encodeCall(
                Calls.commit,
                (taskId, heads[taskId].newest, bytes32(_word(taskId, 5)), "root", "content", 1)
            );
        // aggregators may join, and participants enrol
        if (account != outsider && kind == 7) account = accounts[5];
        if (account != outsider && kind == 8) account = accounts[10];
        // a member's own steps are tried elsewhere
        if (isMember && kind > 4 && kind != 7 && kind != 8) return;
        _expect(_try(account, address(federation), call, 0), false, "usurping");
        ++done["usurp"];
    }

    /// @notice The liar's wallet answers otherwise from now on.
    function _sway(uint256 seed) internal {
        WalkWallet(payable(accounts[7])).setMood(seed % 7);
    }

    function _wait(uint256 seed) internal {
        _pass(block.timestamp + 1 + (seed % 100_000));
    }

    /// @notice To the last second of a task's step, of its keys, or of its newest word's window, or one second behind
    /// it; or so far that no draw is in reach.
    function _waitFor(uint32 taskId, uint256 seed) internal {
        uint256 time = _newest(taskId).deadline;
        if (seed % 8 == 7) vm.roll(block.number + 8192);
        if (seed % 8 == 6) time = _newest(taskId).keysUntil;
        if (seed % 8 < 3) {
            uint32 back = uint32((seed >> 8) % 3);
            if (back < heads[taskId].newest) {
                time = books[taskId][heads[taskId].newest - back].acceptedAt + rulesOf[taskId].challengeWindowS;
            }
        }
        _pass(time + ((seed >> 4) % 2));
    }

    /// @dev One of the two newest tasks, now and then an older one; 0 where there is none.
    function _task(uint256 seed) internal view returns (uint32) {
        if (taskCount == 0) return 0;
        uint256 reach = seed % 8 == 0 || taskCount < 2 ? taskCount : 2;
        return uint32(taskCount - ((seed >> 3) % reach));
    }
}
