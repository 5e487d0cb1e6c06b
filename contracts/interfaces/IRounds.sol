// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Mode, Phase, Proposal, Reason} from "../types/TaskTypes.sol";

/// @title IRounds
/// @notice Events and errors of the round machine: Open, Aggregating, Proposed, then Accepted or Invalid. One round of
/// a task is in flight at a time. Every edge that has a deadline can be pushed by anyone after it, so that every round
/// ends whatever anybody does or omits.
/// @dev The **start value** of a round is keccak256(abi.encode(chain id, contract, taskId, round, history head at the
/// opening, base model root, seed, enrolled, drawn)), the last four as uint256; the seed is zero where everybody is
/// drawn. Its **anchor** is the start value, extended by each advertisement: keccak256(abi.encode(anchor, 1,
/// participant, slot, maskKey, seedHash, sharesId, shareKey)). Its **accumulator** begins with the anchor and is
/// extended by each commitment: keccak256(abi.encode(accumulator, participant, slot, weight, updateRoot, contentId)). A
/// **proposal's hash** is keccak256(abi.encode(taskId, round, accumulator, keccak256(openings), proposal)).
///
/// An accepted round leaves a **word**: the low 40 bits are the second of its acceptance, the high 216 bits those of
/// keccak256(abi.encode(inputs, proposalHash, keccak256(abi.encodePacked(attesters)))), inputs being {RoundInputs}. It
/// stands in a ring, at the round's number modulo the ring's length, which is the least power of two, 64 to 4096, that
/// holds the task's rounds, or as many as there are spans of 48 seconds in its challenge window. While the word stands,
/// whoever signed can be proven wrong.
interface IRounds {
    /// @notice A round began.
    /// @param round Number of the round, from 1; a number is used once, and some are passed over
    /// ({Federation.openRound}).
    /// @param baseModelRoot Root of the model that updates start from.
    /// @param enrolled Number of participants' places n.
    /// @param drawn Number of participants drawn: those whose slot (a permutation of their index, see Draw) is below
    /// it.
    /// @param aggregators Number of aggregators' places.
    /// @param drawBlock Number of the block whose randomness draws; 0 where everybody is drawn, and the round is open.
    /// @param commitDeadline Last second at which a commitment is accepted; 0 until there is a draw.
    /// @param start The round's start value; zero until there is a draw.
    event RoundOpened(
        uint32 indexed taskId,
        uint32 indexed round,
        bytes32 baseModelRoot,
        uint32 enrolled,
        uint8 drawn,
        uint8 aggregators,
        uint64 drawBlock,
        uint40 commitDeadline,
        bytes32 start
    );
    /// @notice The draw of a round is made, and the round open.
    /// @param seed Randomness of the draw: the first 64 bits of keccak256(abi.encode(the block's mixHash, contract,
    /// taskId, round)).
    event RoundDrawn(uint32 indexed taskId, uint32 indexed round, uint64 seed, uint40 commitDeadline, bytes32 start);
    /// @notice A participant advertised its keys (SignedAdvertisement).
    /// @param slot Its place in the round, from 0.
    event Advertised(
        uint32 indexed taskId,
        uint32 indexed round,
        address indexed participant,
        uint8 slot,
        bytes32 maskKey,
        bytes32 seedHash,
        bytes32 sharesId,
        bytes32 shareKey,
        bytes32 r,
        bytes32 vs
    );
    /// @notice A participant committed to its update.
    /// @param slot The participant's place in the round, from 0.
    /// @param weight Weight of the update, 1 to maxWeight.
    /// @param updateRoot Chunk tree root of the update, bound to its participant (ChunkTree.updateRootOf).
    /// @param contentId SHA-256 digest of the CIDv1 of the update's blob.
    event Committed(
        uint32 indexed taskId,
        uint32 indexed round,
        address indexed participant,
        uint8 slot,
        uint32 weight,
        bytes32 updateRoot,
        bytes32 contentId
    );
    /// @notice The set of updates is frozen.
    event RoundClosed(
        uint32 indexed taskId,
        uint32 indexed round,
        uint64 committed,
        uint64 totalWeight,
        bytes32 accumulator
    );
    /// @notice An aggregator is to propose until the deadline.
    /// @param attempt Which assignment of the round, from 0.
    /// @param place Its place in the task's list of aggregators, from 0.
    /// @param count How many places the rotation runs over.
    event AggregatorAssigned(
        uint32 indexed taskId,
        uint32 indexed round,
        address indexed aggregator,
        uint8 attempt,
        uint8 place,
        uint8 count,
        uint40 deadline
    );
    /// @notice An aggregator proposed a result.
    /// @param accumulator The round's, over which it was computed.
    /// @param openings Masked: 32 bytes for each slot that advertised: of those that committed, ascending, their self
    /// seeds, then of the others, ascending, their mask secret keys. Encrypted: content id of the sum's blob.
    /// Transparent: empty.
    /// @param attestDeadline Last second before the next attempt.
    event Proposed(
        uint32 indexed taskId,
        uint32 indexed round,
        bytes32 accumulator,
        Proposal proposal,
        bytes openings,
        uint40 attestDeadline
    );
    /// @notice A round's result was accepted by a quorum: it is usable at once, and provable until `provableUntil`.
    /// @param attesters Who attested, in the order of the word.
    /// @param historyHead Head of the task's history behind it.
    event RoundAccepted(
        uint32 indexed taskId,
        uint32 indexed round,
        bytes32 modelRoot,
        address[] attesters,
        uint40 provableUntil,
        bytes32 historyHead
    );
    /// @notice A round ended without a result; the model stays what it was.
    event RoundInvalid(uint32 indexed taskId, uint32 indexed round, Reason reason, bytes32 historyHead);

    /// @notice The call needs another phase.
    error WrongPhase(Phase actual);
    /// @notice The call names another round than the task's newest, or one that is not provable.
    error WrongRound(uint32 current);
    /// @notice The task is of another mode than the call is for.
    error WrongMode(Mode mode);
    /// @notice Too few participants are enrolled to open a round, or of those who committed too few are left to accept
    /// it.
    error TooFewParticipants(uint256 count);
    /// @notice The word that the round would take is still provable.
    error RingFull(uint256 until);
    /// @notice The block that draws is not there yet, or its hash is out of reach.
    error NoBlockHash(uint256 blockNumber);
    /// @notice The header's hash is not the block's, or it is no header.
    error WrongHeader();
    /// @notice The word is over another start value or anchor than the round's.
    error WrongAnchor(bytes32 anchor);
    /// @notice The proposal is over another accumulator than the round's.
    error WrongAccumulator(bytes32 accumulator);
    /// @notice The deadline has passed.
    error TooLate(uint256 deadline);
    /// @notice The deadline has not passed, and nothing else allows the step yet.
    error TooEarly(uint256 deadline);
    /// @notice The participant was not drawn for this round.
    error NotDrawn(address participant);
    /// @notice The participant has committed in this round.
    error AlreadyCommitted(address participant);
    /// @notice The participant has not advertised in this round.
    error NotAdvertised(address participant);
    /// @notice The participant has used up its rounds.
    error BudgetSpent(address participant);
    /// @notice The weight is 0 or above the task's maximum.
    error InvalidWeight(uint256 weight);
    /// @notice A root, key or content id is zero.
    error InvalidRoot();
    /// @notice None of what was given could be added.
    error NothingAdded();
    /// @notice Only the assigned aggregator may propose.
    error NotAssigned(address assigned);
    /// @notice The excluded set is not a part of the committed set, leaves fewer than minUpdates, or the mode excludes
    /// none.
    error InvalidExclusion();
    /// @notice The total weight is not the sum of the included weights.
    error WrongTotalWeight(uint256 expected);
    /// @notice The openings are not as long as they must be.
    error InvalidOpenings();
    /// @notice The proposal given is not the one on record.
    error WrongProposal(bytes32 proposalHash);
    /// @notice Fewer attestations that count than the quorum.
    error QuorumNotReached(uint256 given, uint256 quorum);
}
