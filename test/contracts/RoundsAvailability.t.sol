// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IChallenges} from "../../contracts/interfaces/IChallenges.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {Demand, DemandKind} from "../../contracts/types/ChallengeTypes.sol";
import {Availability, Commitment, Phase, Proposal, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {ChallengeFixture} from "./support/ChallengeFixture.sol";

/// @notice Proposing with the participants' words on what they hold, and the reasons to leave an update out.
/// @dev Seven commit; two must hold (f = 1), so that leaving out without a word for it takes six words.
contract RoundsAvailabilityTest is ChallengeFixture {
    uint64 private constant ALL = 127;

    function setUp() public {
        _deploy(7, 2);
    }

    // what is included must be held

    function test_propose_needsWordsForEveryIncludedUpdate() public {
        uint32 taskId = _closed(2);
        Proposal memory proposal = _proposal(taskId, 0);
        _expectRevert(taskId, proposal, new Availability[](0), _notAvailable(ALL));
        _expectRevert(taskId, proposal, _words(taskId, 1, 1, ALL), _notAvailable(ALL));
        _proposeWith(taskId, proposal, _words(taskId, 1, 2, ALL));
        assertTrue(!federation.roundInfo(taskId, 1).excluding, "nothing is left out");
    }

    function test_propose_countsWordsForEachUpdate() public {
        uint32 taskId = _closed(2);
        Proposal memory proposal = _proposal(taskId, 0);
        Availability[] memory words = new Availability[](3);
        words[0] = _word(taskId, 1, 0, 0x0f);
        words[1] = _word(taskId, 1, 3, 0x7c);
        words[2] = _word(taskId, 1, 6, 0x33);
        // named once: slots 6; twice: 0, 1, 4, 5, 2, 3
        _expectRevert(taskId, proposal, words, _notAvailable(1 << 6));
        words[2] = _word(taskId, 1, 6, 0x73);
        _proposeWith(taskId, proposal, words);
    }

    function test_propose_asksForAsManyWordsAsTheTaskSays(uint8 holders, uint64[7] memory slots) public {
        holders = uint8(bound(holders, 1, 3));
        uint32 taskId = _closed(holders);
        Availability[] memory words = new Availability[](7);
        uint256[7] memory named;
        for (uint256 i = 0; i < 7; ++i) {
            words[i] = _word(taskId, 1, i, slots[i]);
            for (uint256 slot = 0; slot < 7; ++slot) {
                named[slot] += (slots[i] >> slot) & 1;
            }
        }
        uint64 lacking;
        for (uint256 slot = 0; slot < 7; ++slot) {
            if (named[slot] < holders) lacking |= uint64(1 << slot);
        }
        Proposal memory proposal = _proposal(taskId, 0);
        if (lacking != 0) vm.expectRevert(_notAvailable(lacking));
        _proposeIn(taskId, 1, proposal, words);
    }

    function test_propose_takesTheWordOfOneThatIsLeaving() public {
        uint32 taskId = _closed(2);
        federation.revokeRole(federation.PARTICIPANT_ROLE(), participants[0]);
        _proposeWith(taskId, _proposal(taskId, 0), _words(taskId, 1, 2, ALL));
    }

    // what is left out must not be held

    function test_propose_leavesOutWhatTooFewHold() public {
        uint32 taskId = _closed(2);
        Proposal memory proposal = _proposal(taskId, 1 << 4);
        // five words: the two that are not there may be those of honest holders
        _expectRevert(taskId, proposal, _words(taskId, 1, 5, ALL - 16), _invalidExclusion());
        _proposeWith(taskId, proposal, _words(taskId, 1, 6, ALL - 16));
        assertTrue(!federation.roundInfo(taskId, 1).excluding, "for a reason");
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        assertTrue(_phase(taskId) == Phase.Finalized, "final by time");
    }

    function test_propose_leavesOutWhatOneAloneSaysToHold() public {
        uint32 taskId = _closed(2);
        Availability[] memory words = _words(taskId, 1, 7, ALL - 16);
        words[2] = _word(taskId, 1, 2, ALL);
        _proposeWith(taskId, _proposal(taskId, 1 << 4), words);
        assertTrue(!federation.roundInfo(taskId, 1).excluding, "for a reason");
    }

    function test_propose_refusesToLeaveOutWhatIsHeld() public {
        uint32 taskId = _closed(2);
        Availability[] memory words = _words(taskId, 1, 7, ALL - 16);
        words[2] = _word(taskId, 1, 2, ALL);
        words[5] = _word(taskId, 1, 5, ALL);
        _expectRevert(taskId, _proposal(taskId, 1 << 4), words, _invalidExclusion());
        // and with another that is not held beside it
        _expectRevert(taskId, _proposal(taskId, (1 << 4) | 1), words, _invalidExclusion());
        _proposeWith(taskId, _proposal(taskId, 0), words);
    }

    function test_propose_refusesToIncludeWhatTooFewHoldBesideAnExclusion() public {
        uint32 taskId = _closed(2);
        Availability[] memory words = _words(taskId, 1, 7, ALL - 16 - 1);
        _expectRevert(taskId, _proposal(taskId, 1 << 4), words, _notAvailable(1));
        _proposeWith(taskId, _proposal(taskId, (1 << 4) | 1), words);
    }

    function test_propose_leavesAtLeastMinUpdatesWithWords() public {
        uint32 taskId = _closed(3);
        _expectRevert(taskId, _proposal(taskId, 1), _words(taskId, 1, 7, ALL - 1), _invalidExclusion());
    }

    /// @dev How many words an exclusion takes follows from how many committed, not from how many were drawn.
    function test_propose_countsTheWordsOfThoseWhoCommitted() public {
        TaskRules memory rules = _rules();
        (rules.holders, rules.minUpdates) = (2, 4);
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        uint64 committed;
        for (uint256 i = 0; i < 6; ++i) {
            _commit(taskId, participants[i], 10);
        }
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        committed = federation.roundInfo(taskId, 1).committed;
        (uint8 slot, ) = federation.slotOf(taskId, participants[0]);
        uint64 without = uint64(1 << slot);
        Proposal memory proposal = _proposal(taskId, without);
        _expectRevert(taskId, proposal, _words(taskId, 1, 4, committed - without), _invalidExclusion());
        _proposeWith(taskId, proposal, _words(taskId, 1, 5, committed - without));
    }

    // whose words

    /// @dev A word is over all commitments: one given before the last of them says nothing about it.
    function test_propose_refusesStaleWords() public {
        uint32 taskId = _openedWith(2);
        for (uint256 i = 0; i < 6; ++i) {
            _commit(taskId, participants[i], 10);
        }
        Availability[] memory stale = _words(taskId, 1, 6, ALL);
        _commit(taskId, participants[6], 10);
        federation.closeRound(taskId, 1);
        bytes32 accumulator = federation.roundInfo(taskId, 1).accumulator;
        bytes32 digest = federation.availabilityDigest(taskId, 1, accumulator, ALL);
        address other = _recovered(digest, stale[0].r, stale[0].vs);
        (uint8 slot, ) = federation.slotOf(taskId, participants[6]);
        Proposal memory proposal = _proposal(taskId, uint64(1 << slot));
        _expectRevert(taskId, proposal, stale, _invalidHolder(other));
    }

    function test_propose_refusesOtherSlotsThanSigned() public {
        uint32 taskId = _closed(2);
        Availability[] memory words = _words(taskId, 1, 2, ALL - 1);
        words[0].slots = ALL;
        bytes32 accumulator = federation.roundInfo(taskId, 1).accumulator;
        bytes32 digest = federation.availabilityDigest(taskId, 1, accumulator, ALL);
        address other = _recovered(digest, words[0].r, words[0].vs);
        _expectRevert(taskId, _proposal(taskId, 0), words, _invalidHolder(other));
    }

    function test_propose_refusesWordsThatDoNotAscend() public {
        uint32 taskId = _closed(2);
        Proposal memory proposal = _proposal(taskId, 0);
        Availability[] memory words = _words(taskId, 1, 2, ALL);
        (words[0], words[1]) = (words[1], words[0]);
        _expectRevert(taskId, proposal, words, _invalidHolder(participants[0]));
        words[0] = words[1];
        _expectRevert(taskId, proposal, words, _invalidHolder(participants[0]));
    }

    function test_propose_refusesTheWordsOfOutsiders() public {
        uint32 taskId = _closed(2);
        Availability[] memory words = _words(taskId, 1, 2, ALL);
        words[0] = _wordBy(taskId, 1, 0xbad, ALL);
        _expectRevert(taskId, _proposal(taskId, 0), words, _invalidHolder(outsider));
    }

    function test_propose_refusesTheWordsOfThoseWhoDidNotCommit() public {
        uint32 taskId = _openedWith(2);
        for (uint256 i = 1; i < 7; ++i) {
            _commit(taskId, participants[i], 10);
        }
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        Availability[] memory words = _words(taskId, 1, 3, ALL);
        _expectRevert(taskId, _proposal(taskId, 0), words, _invalidHolder(participants[0]));
    }

    function test_propose_refusesTheWordsOfThoseWhoEnrolledLater() public {
        TaskRules memory rules = _rules();
        (rules.holders, rules.minUpdates) = (2, 4);
        uint32 taskId = _create(rules);
        for (uint256 i = 1; i < 7; ++i) {
            _enrol(taskId, participants[i]);
        }
        _open(taskId);
        _commitAll(taskId);
        _enrol(taskId, participants[0]);
        federation.closeRound(taskId, 1);
        Availability[] memory words = _words(taskId, 1, 3, 63);
        _expectRevert(taskId, _proposal(taskId, 0), words, _invalidHolder(participants[0]));
    }

    function test_propose_refusesMalformedWords() public {
        uint32 taskId = _closed(2);
        Availability[] memory words = _words(taskId, 1, 2, ALL);
        words[1].r = 0;
        _expectRevert(
            taskId,
            _proposal(taskId, 0),
            words,
            abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector)
        );
    }

    /// @dev Where the task asks for none they change nothing: what is left out still needs a quorum.
    function test_propose_ignoresWordsThatAreNotAskedFor() public {
        uint32 taskId = _closed(0);
        _proposeWith(taskId, _proposal(taskId, 1), _words(taskId, 1, 7, ALL - 1));
        assertTrue(federation.roundInfo(taskId, 1).excluding, "for no reason");
    }

    // what was demanded and not shown

    function test_propose_leavesOutWhatWasWithheld() public {
        (uint32 taskId, ) = _withheld(0);
        Proposal memory proposal = _proposal(taskId, 1);
        _propose(taskId, proposal);
        assertTrue(!federation.roundInfo(taskId, 1).excluding, "for a reason");
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        assertEq(_modelRoot(taskId), proposal.modelRoot);
    }

    function test_propose_needsAQuorumForMoreThanWhatWasWithheld() public {
        (uint32 taskId, ) = _withheld(0);
        _propose(taskId, _proposal(taskId, 3));
        assertTrue(federation.roundInfo(taskId, 1).excluding, "slot 1 for no reason");
    }

    function test_propose_mayIncludeWhatWasWithheld() public {
        (uint32 taskId, ) = _withheld(0);
        _propose(taskId, _proposal(taskId, 0));
        assertTrue(!federation.roundInfo(taskId, 1).excluding, "nothing is left out");
    }

    /// @dev That too few hold it need not be shown again, whatever the words say; the others still must be held.
    function test_propose_leavesOutWhatWasWithheldWhoeverHoldsIt() public {
        (uint32 taskId, ) = _withheld(2);
        Proposal memory proposal = _proposal(taskId, 1);
        _expectRevert(taskId, proposal, new Availability[](0), _notAvailable(ALL - 1));
        _proposeWith(taskId, proposal, _words(taskId, 1, 2, ALL));
        assertTrue(!federation.roundInfo(taskId, 1).excluding, "for a reason");
    }

    /// @dev What was withheld says nothing in the next round.
    function test_propose_forgetsWhatWasWithheldWithTheRound() public {
        (uint32 taskId, ) = _withheld(0);
        for (uint256 round = 1; round < 3; ++round) {
            Proposal memory final_ = _proposal(taskId, 0);
            _propose(taskId, final_);
            _passDeadline(taskId);
            federation.finalizeUnchallenged(taskId, uint32(round), final_);
            _open(taskId);
            _commitAll(taskId);
            federation.closeRound(taskId, uint32(round + 1));
        }
        // the third round stands where the first stood
        assertEq(federation.roundInfo(taskId, 3).withheld, 0);
        _propose(taskId, _proposal(taskId, 1));
        assertTrue(federation.roundInfo(taskId, 3).excluding, "for no reason");
    }

    // who keeps an update may leave it out where the contract knows why

    function test_custody_doesNotBindWhereTheOthersLackTheUpdate() public {
        uint32 taskId = _closed(2);
        Proposal memory proposal = _proposal(taskId, 1);
        _proposeWith(taskId, proposal, _words(taskId, 1, 6, ALL - 1));
        _expectHasReason(taskId, proposal, _recorded(taskId));
    }

    function test_custody_doesNotBindWhereADemandWasNotAnswered() public {
        (uint32 taskId, Commitment[] memory commitments) = _withheld(0);
        Proposal memory proposal = _proposal(taskId, 3);
        _propose(taskId, proposal);
        assertTrue(federation.roundInfo(taskId, 1).excluding, "slot 1 has no reason");
        _expectHasReason(taskId, proposal, commitments);
        uint32 second = _positionOf(commitments, 1);
        (bytes32 r, bytes32 vs) = _custody(taskId, 1, proposal.aggregator, commitments[second]);
        federation.challengeExclusion(taskId, 1, proposal, commitments, second, r, vs, 0);
    }

    /// @dev The proposal leaves slot 0 out, of which its aggregator signed to keep the update.
    function _expectHasReason(uint32 taskId, Proposal memory proposal, Commitment[] memory commitments) private {
        uint32 position = _positionOf(commitments, 0);
        (bytes32 r, bytes32 vs) = _custody(taskId, 1, proposal.aggregator, commitments[position]);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.HasReason.selector, 0));
        federation.challengeExclusion(taskId, 1, proposal, commitments, position, r, vs, 0);
    }

    function _positionOf(Commitment[] memory commitments, uint8 slot) private pure returns (uint32 position) {
        while (commitments[position].slot != slot) ++position;
    }

    /// @dev A round whose first proposal was struck, as nobody showed a chunk of slot 0; the next aggregator is assigned.
    function _withheld(uint8 holders) private returns (uint32 taskId, Commitment[] memory commitments) {
        taskId = _closed(holders);
        commitments = _recorded(taskId);
        Proposal memory proposal = _proposal(taskId, 0);
        _proposeWith(taskId, proposal, holders == 0 ? new Availability[](0) : _words(taskId, 1, holders, ALL));
        uint32 position = _positionOf(commitments, 0);
        Demand memory demand = Demand({
            taskId: taskId,
            round: 1,
            proposalHash: federation.roundInfo(taskId, 1).proposalHash,
            kind: DemandKind.UpdateChunk,
            place: 0,
            index: 3,
            root: commitments[position].updateRoot
        });
        uint256 bondWei = federation.demandBondWei(DemandKind.UpdateChunk);
        vm.deal(outsider, bondWei);
        vm.prank(outsider);
        federation.demandChunk{value: bondWei}(demand, proposal, commitments, position);
        vm.warp(block.timestamp + 901);
        federation.strikeUnanswered(demand, proposal);
        assertEq(federation.roundInfo(taskId, 1).withheld, 1);
        assertTrue(_phase(taskId) == Phase.Aggregating, "assigned anew");
    }

    /// @dev Everyone has committed; an aggregator is assigned.
    function _closed(uint8 holders) private returns (uint32 taskId) {
        taskId = _openedWith(holders);
        _commitAll(taskId);
        federation.closeRound(taskId, 1);
    }

    function _openedWith(uint8 holders) private returns (uint32 taskId) {
        TaskRules memory rules = _rules();
        rules.holders = holders;
        if (holders != 0) rules.minUpdates = 3 * (holders - 1) + 1;
        taskId = _createWithAll(rules);
        _open(taskId);
    }

    function _expectRevert(
        uint32 taskId,
        Proposal memory proposal,
        Availability[] memory words,
        bytes memory refusal
    ) private {
        vm.expectRevert(refusal);
        vm.prank(proposal.aggregator);
        federation.propose(taskId, 1, proposal, words);
    }

    function _notAvailable(uint64 slots) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRounds.NotAvailable.selector, slots);
    }

    function _invalidHolder(address holder) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRounds.InvalidHolder.selector, holder);
    }

    function _invalidExclusion() private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRounds.InvalidExclusion.selector);
    }
}
