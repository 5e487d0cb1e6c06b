// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TestBase} from "./support/TestBase.sol";
import {WalkProofs} from "./support/WalkProofs.sol";

/// @notice All steps of a walk. It stands here, as the runner calls only what it finds beside the test.
// solhint-disable-next-line no-empty-blocks
contract WalkHandler is WalkProofs {}

/// @notice Random walks in which no actor is spared: lying participants and aggregators, whoever leaves or loses its
/// role, the last aggregator and all members at once, windows from the least to long ones, reorganisations, proofs by
/// honest ones and by liars. After each call: bonds, credits and what was burnt are the balance; the model is that of
/// the last round that is accepted and not void; nobody honest has lost anything or was expelled; liars have gained
/// nothing. Within: every lie is struck while it stands or its window lasts, and all that signed it lose their bonds;
/// nothing right is; no outsider takes a place, opens a round or commits; words over what a reorganisation took away
/// are refused; every round can be brought to an end, and every bond out, by anyone alone. `INVARIANT_RUNS=20000 npx
/// hardhat test solidity test/contracts/Walk.t.sol` makes a million calls.
contract WalkTest is TestBase {
    WalkHandler private handler;

    function setUp() public {
        handler = new WalkHandler();
        handler.create(0x49e0, 0x0202020202);
        for (uint256 i = 0; i < 9; ++i) handler.enter(i, 0);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_allThatMustHold() public view {
        string memory found = handler.violation();
        if (bytes(found).length != 0) revert NotTrue(found);
        found = handler.mismatch();
        if (bytes(found).length != 0) revert NotTrue(found);
    }

    /// @dev An invariant over calls that all fail would say nothing: a few walks do each of these.
    function test_walk_doesEverything() public {
        string[23] memory steps = [
            "create",
            "enter",
            "leave",
            "revoke",
            "free",
            "release",
            "withdraw",
            "resume",
            "open",
            "advertise",
            "commit",
            "batch",
            "close",
            "propose",
            "lie",
            "accept",
            "accept a lie",
            "reassign",
            "strike",
            "roll-back",
            "equivocation",
            "reorganise",
            "drain"
        ];
        uint256[] memory counts = new uint256[](steps.length);
        for (uint256 walk = 0; walk < 12; ++walk) {
            setUp();
            for (uint256 i = 0; i < 150; ++i) {
                _step(uint256(keccak256(abi.encode("walk", walk, i))));
                invariant_allThatMustHold();
            }
            for (uint256 i = 0; i < steps.length; ++i) counts[i] += handler.done(steps[i]);
        }
        for (uint256 i = 0; i < steps.length; ++i) assertTrue(counts[i] != 0, steps[i]);
    }

    function _step(uint256 seed) private {
        uint256 kind = seed % 32;
        (uint256 a, uint256 b, uint256 c) = (seed >> 8, seed >> 72, seed >> 136);
        if (kind == 0) handler.create(a, b);
        else if (kind == 1) handler.enter(a, b);
        else if (kind == 2) handler.depart(a, b);
        else if (kind == 3) handler.revoke(a, b);
        else if (kind == 4) handler.free(a);
        else if (kind == 5) handler.release(a, b);
        else if (kind == 6) handler.withdraw(a);
        else if (kind == 7) handler.resume(a, b);
        else if (kind == 8) handler.commit(a, b, uint32(c));
        else if (kind == 9) handler.equivocate(a, b);
        else if (kind < 12) handler.reorganise(a, b, c);
        else if (kind == 12) handler.drain(a);
        else if (kind == 13) handler.waitFor(a, b);
        else if (kind < 20) handler.prove(a, b, c);
        else handler.advance(a, b);
    }
}
