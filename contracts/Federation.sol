// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {FederationData} from "./FederationData.sol";
import {IFederation} from "./interfaces/IFederation.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {Accepting} from "./libraries/Accepting.sol";
import {Closing} from "./libraries/Closing.sol";
import {Commitments} from "./libraries/Commitments.sol";
import {Entering} from "./libraries/Entering.sol";
import {History} from "./libraries/History.sol";
import {Opening} from "./libraries/Opening.sol";
import {Places} from "./libraries/Places.sol";
import {Records} from "./libraries/Records.sol";
import {RoundState} from "./types/RoundState.sol";
import {Enrolment, FederationStorage, Task} from "./types/TaskStorage.sol";
import {Commitment, Proposal, Signature, SignedCommitment, WalletWord} from "./types/TaskTypes.sol";

/// @title Federation
/// @notice One federation: its members and roles, its tasks, and their rounds, each step of which anyone can check.
/// {IFederation} lists all its calls, and says what each does.
/// @dev What happens in every round is here; the rest is {Court}'s code, which runs in this contract's storage:
/// together the two are larger than one contract may be. There is no proxy and no pause: the codes are fixed by the
/// constructor, so the rules of a federation do not change under its members, and nobody can stop a running round.
/// Attacks considered:
/// - a member whose role was taken goes on: losing a role, by whatever road, ends its places in all tasks;
/// - whoever deploys names another code: members compare the codes' hashes with those that they built.
contract Federation is FederationData, AccessControl, EIP712 {
    using Accepting for Task;
    using Address for address;
    using Closing for Task;
    using Commitments for Task;
    using Entering for FederationStorage;
    using Entering for Task;
    using Opening for FederationStorage;
    using Places for FederationStorage;
    using Records for Task;

    /// @notice {IFederation}
    bytes32 public constant TASK_CREATOR_ROLE = keccak256("TASK_CREATOR_ROLE");
    /// @notice {IFederation}
    bytes32 public constant PARTICIPANT_ROLE = keccak256("PARTICIPANT_ROLE");
    /// @notice {IFederation}
    bytes32 public constant AGGREGATOR_ROLE = keccak256("AGGREGATOR_ROLE");

    address private immutable _COURT;

    /// @param admin Who grants and revokes roles.
    /// @param court The deployed code of {Court}.
    /// @param proofs_ The contract whose proofs count.
    ///
    /// Requirements: there are contracts at the last two ({IFederation.NoCode}).
    constructor(address admin, address court, address proofs_) EIP712("Fedledger", "2") {
        if (court.code.length == 0) revert IFederation.NoCode(court);
        if (proofs_.code.length == 0) revert IFederation.NoCode(proofs_);
        _COURT = court;
        _self.proofs = proofs_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @notice Every call that this contract does not know is the court's; its answers and errors are passed on as they
    /// are.
    fallback(bytes calldata call) external payable returns (bytes memory) {
        return _COURT.functionDelegateCall(call);
    }

    /// @notice {IRounds}
    function openRound(uint32 taskId, uint32 round) external {
        _self.open(taskId, round);
    }

    /// @notice {IRounds}
    function commit(
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        bytes32 updateRoot,
        bytes32 contentId,
        uint32 weight
    ) external {
        Commitment memory made = Commitment(msg.sender, 0, weight, updateRoot, contentId);
        _self.tasks[taskId].commit(taskId, round, anchor, made);
    }

    /// @notice {IRounds}
    function commitBatch(uint32 taskId, uint32 round, SignedCommitment[] calldata signed) external {
        _self.tasks[taskId].commitBatch(taskId, round, _domainSeparatorV4(), signed);
    }

    /// @notice {IRounds}
    function closeRound(uint32 taskId, uint32 round) external {
        _self.tasks[taskId].close(taskId, round);
    }

    /// @notice {IRounds}
    function propose(
        uint32 taskId,
        uint32 round,
        bytes32 accumulator,
        Proposal calldata proposal,
        bytes calldata openings
    ) external {
        _self.tasks[taskId].propose(taskId, round, accumulator, proposal, openings);
    }

    /// @notice {IRounds}
    function accept(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Signature[] calldata signatures,
        WalletWord[] calldata wallets
    ) external {
        _self.tasks[taskId].accept(taskId, round, _domainSeparatorV4(), proposal, signatures, wallets);
    }

    /// @notice {ITasks}
    function enrol(
        uint32 taskId,
        bytes32 first,
        bytes32 statement,
        bytes calldata shareKey
    ) external payable onlyRole(PARTICIPANT_ROLE) {
        Task storage task = _self.tasks[taskId];
        (uint32 index, bytes32 attributesHash) = _self.enter(task, taskId, first, false);
        if (statement == 0 && task.rules.statementRequired) revert ITasks.NoStatement();
        task.historyHead = keccak256(
            abi.encode(task.historyHead, History.ENROLLED, msg.sender, statement, attributesHash)
        );
        emit ITasks.Enrolled(taskId, msg.sender, index, statement, attributesHash);
        if (shareKey.length != 0) task.announce(taskId, shareKey);
    }

    /// @notice {ITasks}
    function join(uint32 taskId, bytes32 first) external payable onlyRole(AGGREGATOR_ROLE) {
        Task storage task = _self.tasks[taskId];
        (uint32 index, bytes32 attributesHash) = _self.enter(task, taskId, first, true);
        task.historyHead = keccak256(abi.encode(task.historyHead, History.JOINED, msg.sender, attributesHash));
        emit ITasks.Joined(taskId, msg.sender, index, attributesHash);
    }

    /// @notice {ITasks}
    function leave(uint32 taskId) external {
        // only that it is a member counts
        // slither-disable-next-line unused-return
        Places.requireMember(_self.tasks[taskId], msg.sender);
        _self.leave(taskId, msg.sender);
    }

    /// @notice {ITasks}
    function freePlaces(uint32 taskId) external {
        Task storage task = _self.tasks[taskId];
        task.requireTask(taskId);
        RoundState state = task.state;
        if (state.inFlight()) revert IRounds.WrongPhase(state.phase());
        task.state = _self.free(task, taskId, state);
    }

    /// @notice {ITasks}
    function resume(uint32 taskId) external {
        Task storage task = _self.tasks[taskId];
        Enrolment storage enrolment = Places.requireMember(task, msg.sender);
        RoundState state = task.state;
        if (!enrolment.aggregator || !state.isIdle(enrolment.place - 1)) revert ITasks.NotIdle(msg.sender);
        task.state = state.withIdle(enrolment.place - 1, false);
        task.historyHead = keccak256(abi.encode(task.historyHead, History.RESUMED, msg.sender));
        emit ITasks.Resumed(taskId, msg.sender);
    }

    /// @notice {ITasks}
    function setShareKey(uint32 taskId, bytes calldata shareKey) external {
        Task storage task = _self.tasks[taskId];
        if (Places.requireMember(task, msg.sender).aggregator) revert ITasks.NotEnrolled(msg.sender);
        task.announce(taskId, shareKey);
    }

    /// @dev Losing a role ends all places that were had by it.
    function _revokeRole(bytes32 role, address account) internal override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (!revoked || (role != PARTICIPANT_ROLE && role != AGGREGATOR_ROLE)) return revoked;
        uint32[16] memory list = _self.tasksOf[account];
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] != 0) _endPlace(list[i], account, role == AGGREGATOR_ROLE);
        }
    }

    function _endPlace(uint32 taskId, address account, bool asAggregator) private {
        Task storage task = _self.tasks[taskId];
        // who was expelled is listed and leaving already
        if (task.enrolments[account].aggregator != asAggregator || task.enrolments[account].leaving) return;
        _self.leave(taskId, account);
    }
}
