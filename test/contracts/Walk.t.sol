// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestBase} from "./support/TestBase.sol";
import {WalkForks} from "./walk/WalkForks.sol";

/// @title WalkHandler
/// @notice The walk's steps by chance. It stands here, as the runner calls only what it finds beside the test.
contract WalkHandler is WalkForks {
    /// @notice A step of any kind, by anybody, in any task.
    function step(uint256 seed) external {
        seed = uint256(keccak256(abi.encode(seed, ++steps)));
        uint256 kind = seed % 64;
        uint32 taskId = _task(seed >> 8);
        stepped = taskId;
        seed >>= 64;
        uint256 i = seed % (ACCOUNTS + 1);
        seed >>= 8;
        if (taskId == 0) _advance(_createdBy(seed), 2, seed);
        else if (kind < 2) _create(seed);
        else if (kind < 12) _membership(kind, taskId, i, seed);
        else if (kind < 24) _round(kind, taskId, i, seed);
        else if (kind == 24) _usurp(taskId, seed);
        else if (kind == 25) _sway(seed);
        else if (kind == 26) _wait(seed);
        else if (kind < 30) _waitFor(taskId, seed);
        else if (kind < 32) _drain(taskId);
        else if (kind < 36) _reorganise(taskId, seed);
        else if (kind < 44) _accuse(taskId, seed);
        else if (kind == 44 && seed % 2 == 0) _spin(taskId, seed >> 1);
        else if (kind == 45) _conspire(taskId, seed);
        else _advance(taskId, 1 + (seed % 4), seed);
    }

    function _createdBy(uint256 seed) private returns (uint32) {
        _create(seed & ~uint256(1));
        return taskCount;
    }

    function _membership(uint256 kind, uint32 taskId, uint256 i, uint256 seed) private {
        if (kind > 9) return _withdraw(i);
        i %= ACCOUNTS;
        if (kind < 4) _enter(taskId, i, kind == 2 ? seed % 5 : seed);
        else if (kind < 6) _depart(taskId, i);
        else if (kind == 6) _revoke(seed);
        else if (kind == 7) _free(taskId);
        else _release(taskId, i, seed);
    }

    function _round(uint256 kind, uint32 taskId, uint256 i, uint256 seed) private {
        if (kind == 12) _resume(taskId, i % ACCOUNTS);
        else if (kind < 16) _commit(taskId, i, seed);
        else if (kind == 16) _commitBatch(taskId, seed, seed >> 16, seed >> 32);
        else if (kind == 17) _advertise(taskId, seed, seed >> 16);
        else if (kind == 18) _open(taskId, i, heads[taskId].newest + uint32(seed % 3));
        else if (kind == 19) _close(taskId);
        else if (kind == 20) _reassign(taskId);
        else if (kind == 21) _propose(taskId, PARTICIPANTS + (seed % 3), seed >> 2);
        else if (kind == 22) _accept(taskId, seed, seed >> 16, seed >> 32);
        else _draw(taskId, seed % 2 == 0);
    }
}

/// @notice Random walks in which no actor is spared: lying participants, aggregators and wallets, whoever leaves or
/// loses its role, the last aggregator and all members at once, tasks of all modes, rules and draws, windows from the
/// least to the greatest, reorganisations, true, false and forged proofs of all kinds by honest ones and by liars. Each
/// call is done exactly where the rules say so, which a model beside the contracts reckons to the second, and after
/// each the chain has what the model says: bonds, credits and what was burnt are the balance; the model's root is that
/// of the last round that is accepted and not void; nobody honest has lost anything or was expelled; liars have gained
/// nothing. From everywhere, every round ends and every bond leaves, pushed by anyone alone. `INVARIANT_RUNS=20000 npx
/// hardhat test solidity test/contracts/Walk.t.sol`, behind `npx hardhat build`, makes a million calls.
contract WalkTest is TestBase {
    /// @dev What does not hold, and with what the newest call that was refused was refused.
    error Otherwise(string what, bytes refusal);

    WalkHandler private handler;

    function setUp() public {
        handler = new WalkHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_allThatMustHold() public view {
        string memory found = handler.violation();
        if (bytes(found).length == 0) found = handler.mismatch();
        if (bytes(found).length != 0) revert Otherwise(found, handler.refusal());
    }

    /// @dev An invariant over calls that all fail would say nothing: a few walks do each of these.
    function test_walk_doesEverything() public {
        string[43] memory steps = [
            "create",
            "create with a draw",
            "create encrypted",
            "enter",
            "leave",
            "revoke",
            "free",
            "release",
            "withdraw",
            "resume",
            "usurp",
            "open",
            "pass over a number",
            "draw",
            "close without a draw",
            "advertise",
            "commit",
            "batch",
            "close",
            "propose",
            "propose a lie",
            "accept what is right",
            "accept a lie",
            "accept by a wallet",
            "reassign",
            "prove a chunk",
            "prove a masked chunk",
            "prove an opening",
            "prove a weight",
            "prove an update",
            "prove a double commitment",
            "prove equivocation",
            "refuse what is forged",
            "refuse what is not so",
            "strike",
            "strike of a void round",
            "roll-back",
            "reorganise",
            "replay words",
            "replay a proposal",
            "replay the same attestations",
            "replay other attestations",
            "drain"
        ];
        uint256[] memory counts = new uint256[](steps.length);
        uint256 fork = vm.snapshotState();
        for (uint256 walk = 0; walk < 80; ++walk) {
            for (uint256 i = 0; i < 50; ++i) {
                handler.step(uint256(keccak256(abi.encode("walk", walk, i))));
                invariant_allThatMustHold();
            }
            for (uint256 i = 0; i < steps.length; ++i) counts[i] += handler.done(steps[i]);
            vm.revertToState(fork);
        }
        string memory never = "";
        for (uint256 i = 0; i < steps.length; ++i) {
            if (counts[i] == 0) never = string.concat(never, steps[i], "; ");
        }
        assertTrue(bytes(never).length == 0, never);
    }
}
