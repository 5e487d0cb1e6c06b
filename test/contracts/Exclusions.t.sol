// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IChallenges} from "../../contracts/interfaces/IChallenges.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ChallengeKind} from "../../contracts/types/ChallengeTypes.sol";
import {Commitment, Phase, Proposal, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {CourtFixture} from "./support/CourtFixture.sol";

/// @notice A proposer that leaves out what it signed to keep.
contract ExclusionsTest is CourtFixture {
    uint32 private constant COUNT = 130;

    uint32 private taskId;
    Proposal private proposed;
    Commitment[] private made;

    function setUp() public {
        _deploy(3, 3);
        TaskRules memory rules = _rules();
        rules.parameterCount = COUNT;
        rules.aggregatorBondGwei = uint48(federation.leastBondWei(COUNT, rules.maxUpdates) / 1 gwei);
        taskId = _openedCourt(rules);
        Commitment[] memory commitments = _commitTrees(taskId, COUNT);
        for (uint256 i = 0; i < commitments.length; ++i) {
            made.push(commitments[i]);
        }
        proposed = _proposeRoot(taskId, _tree(COUNT, MODEL_SEED).root, 2);
    }

    function test_custody_strikesWhoLeavesItOut() public {
        (bytes32 r, bytes32 vs) = _custody(taskId, 1, proposed.aggregator, made[1]);
        bytes32 caseHash = _caseHash(taskId, 1, federation.roundInfo(taskId, 1).proposalHash, 3, 1);
        bytes32 salt = keccak256("salt");
        federation.reserveChallenge(keccak256(abi.encode(outsider, salt, caseHash)));
        vm.warp(block.timestamp + 1);
        vm.expectEmit();
        emit IChallenges.Challenged(taskId, 1, outsider, proposed.aggregator, ChallengeKind.LeftOut, 1);
        vm.prank(outsider);
        federation.challengeExclusion(taskId, 1, proposed, made, 1, r, vs, salt);
        assertTrue(federation.isBarred(taskId, 1, proposed.aggregator), "barred");
        assertTrue(federation.creditOf(outsider) != 0, "credited");
        assertTrue(_phase(taskId) == Phase.Aggregating, "assigned anew");
    }

    function test_custody_isOfTheUpdateNotOfItsSlotOrWeight() public {
        Commitment memory held = made[1];
        held.slot = 9;
        held.weight = 1;
        (bytes32 r, bytes32 vs) = _custody(taskId, 1, proposed.aggregator, held);
        federation.challengeExclusion(taskId, 1, proposed, made, 1, r, vs, 0);
    }

    function test_custody_ofWhatIsIncludedProvesNothing() public {
        (bytes32 r, bytes32 vs) = _custody(taskId, 1, proposed.aggregator, made[0]);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotLeftOut.selector, 0));
        federation.challengeExclusion(taskId, 1, proposed, made, 0, r, vs, 0);
        vm.expectRevert(IChallenges.MalformedProof.selector);
        federation.challengeExclusion(taskId, 1, proposed, made, 3, r, vs, 0);
        bytes32 signedFor = federation.custodyDigest(taskId, 1, made[1]);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotSigned.selector, _recovered(signedFor, r, vs)));
        federation.challengeExclusion(taskId, 1, proposed, made, 1, r, vs, 0);
    }

    function test_custody_ofAnotherAggregatorTaskRoundOrUpdateProvesNothing() public {
        bytes32 digest = federation.custodyDigest(taskId, 1, made[1]);
        (bytes32 r, bytes32 vs) = _custody(taskId, 1, aggregators[0], made[1]);
        assertTrue(aggregators[0] != proposed.aggregator, "another");
        _notSigned(digest, r, vs);
        (r, vs) = _custody(taskId + 1, 1, proposed.aggregator, made[1]);
        _notSigned(digest, r, vs);
        (r, vs) = _custody(taskId, 2, proposed.aggregator, made[1]);
        _notSigned(digest, r, vs);
        Commitment memory other = made[1];
        other.contentId = keccak256("another");
        (r, vs) = _custody(taskId, 1, proposed.aggregator, other);
        _notSigned(digest, r, vs);
        other = made[1];
        other.updateRoot = keccak256("another");
        (r, vs) = _custody(taskId, 1, proposed.aggregator, other);
        _notSigned(digest, r, vs);
        other = made[1];
        other.participant = participants[0];
        (r, vs) = _custody(taskId, 1, proposed.aggregator, other);
        _notSigned(digest, r, vs);
    }

    function test_custody_refusesOtherProposalsCommitmentsAndNoSignature() public {
        (bytes32 r, bytes32 vs) = _custody(taskId, 1, proposed.aggregator, made[1]);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.challengeExclusion(taskId, 2, proposed, made, 1, r, vs, 0);
        Proposal memory other = proposed;
        ++other.totalWeight;
        bytes32 onRecord = federation.roundInfo(taskId, 1).proposalHash;
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongProposal.selector, onRecord));
        federation.challengeExclusion(taskId, 1, other, made, 1, r, vs, 0);
        vm.expectRevert(IChallenges.WrongCommitments.selector);
        federation.challengeExclusion(taskId, 1, proposed, new Commitment[](0), 1, r, vs, 0);
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        federation.challengeExclusion(taskId, 1, proposed, made, 1, 0, 0, 0);
        federation.challengeExclusion(taskId, 1, proposed, made, 1, r, vs, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating));
        federation.challengeExclusion(taskId, 1, proposed, made, 1, r, vs, 0);
    }

    function _notSigned(bytes32 digest, bytes32 r, bytes32 vs) private {
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotSigned.selector, _recovered(digest, r, vs)));
        federation.challengeExclusion(taskId, 1, proposed, made, 1, r, vs, 0);
    }
}
