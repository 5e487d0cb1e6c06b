// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {FederationHandler} from "./support/FederationHandler.sol";
import {TestBase} from "./support/TestBase.sol";

/// @notice Whatever is called in whatever order: phases only advance; nothing is accepted for a past or a future round; a final
/// root never changes; one update at most per participant and round; no role is bypassed, revoked ones included; places
/// stay consistent under churn; accumulator and history are those of the accepted calls.
contract InvariantsTest is TestBase {
    FederationHandler private handler;

    function setUp() public {
        handler = new FederationHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_theBooksAgree() public view {
        string memory violation = handler.violation();
        if (bytes(violation).length != 0) revert NotTrue(violation);
    }

    /// @dev The handler itself takes a round to every end; an invariant over calls that all fail would say nothing.
    function test_handler_reachesEveryPhase() public {
        for (uint256 round = 0; round < 4; ++round) {
            handler.open(0, round);
            handler.commitEveryone(0);
            handler.close(0, 1);
            handler.propose(0, 0, round == 1 ? 1 : 2, 1);
            if (round == 0) handler.finalize(0, 0, 1);
            for (uint256 i = 0; i < 2; ++i) {
                handler.wait(700);
            }
            if (round == 1) handler.reassign(0);
            if (round == 1) handler.propose(0, 0, 2, 0);
            for (uint256 i = 0; i < 2; ++i) {
                handler.wait(700);
            }
            handler.finalizeUnchallenged(0);
            handler.depart(round, 0);
            assertTrue(bytes(handler.violation()).length == 0, "books");
        }
        assertTrue(handler.accepted("open") >= 3, "open");
        assertTrue(handler.accepted("commit") >= 8, "commit");
        assertTrue(handler.accepted("close") >= 3, "close");
        assertTrue(handler.accepted("propose") >= 4, "propose");
        assertTrue(handler.accepted("reassign") == 1, "reassign");
        assertTrue(handler.accepted("finalize") == 1, "finalize");
        assertTrue(handler.accepted("finalizeUnchallenged") >= 2, "finalizeUnchallenged");
        assertTrue(handler.accepted("leave") >= 3, "leave");
    }
}
