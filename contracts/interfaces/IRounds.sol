// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SignedAdvertisement} from "../types/PrivacyTypes.sol";
import {Mode, Phase, Proposal, Reason, Signature, SignedCommitment, WalletWord} from "../types/TaskTypes.sol";

/// @title IRounds
/// @notice The round machine: Open, Aggregating, Proposed, then Accepted or Invalid. One round of a task is in flight
/// at a time. Every edge that has a deadline can be pushed by anyone after it, so that every round ends whatever
/// anybody does or omits.
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
    /// @param round Number of the round, from 1; a number is used once, and some are passed over ({openRound}).
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
    /// @notice A participant advertised its keys ({SignedAdvertisement}).
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

    /// @notice Opens the task's next round. Frees the places of those who left.
    /// @param round Its number: the least above the newest round's whose word's place is free. At most 64 numbers are
    /// passed over, each because the word in its place is still provable.
    ///
    /// Requirements:
    /// - the caller is in the task and not leaving ({ITasks.NotEnrolled});
    /// - no round is in flight ({WrongPhase}), accepted rounds are left ({ITasks.TaskComplete});
    /// - at least minUpdates participants are enrolled ({TooFewParticipants});
    /// - the number is that one ({WrongRound}), and its place is free ({RingFull}).
    function openRound(uint32 taskId, uint32 round) external;

    /// @notice Draws a round's participants by the block that its opening fixed; windows run from here. Anyone may give
    /// the header.
    /// @param header RLP of that block's header.
    ///
    /// Requirements: the round is the newest ({WrongRound}) and Drawing ({WrongPhase}); the block's hash answers
    /// ({NoBlockHash}) and is the header's ({WrongHeader}).
    function drawRound(uint32 taskId, uint32 round, bytes calldata header) external;

    /// @notice Advertises keys for participants that signed (EIP-712 Advertisement, over the round's start value).
    /// Those that do not count (any more) are passed over: not enrolled, leaving, expelled, not drawn, without budget,
    /// advertised already, a key that is none, a signature over anything else. Anyone may bring them.
    ///
    /// Requirements: the round is the newest and Open, the task masked or encrypted ({WrongMode}), the key window not
    /// over ({TooLate}); at least one is added ({NothingAdded}).
    function advertise(uint32 taskId, uint32 round, SignedAdvertisement[] calldata signed) external;

    /// @notice Commits the caller's update.
    /// @param anchor The round's anchor as the caller knows it: it binds base, draw, keys and history.
    ///
    /// Requirements: the round is the newest and Open; the deadline has not passed ({TooLate}), and where there are
    /// keys their window is over or everybody has advertised ({TooEarly}); the anchor is the round's ({WrongAnchor});
    /// the caller is enrolled, not leaving ({ITasks.NotEnrolled}), drawn ({NotDrawn}), has not committed
    /// ({AlreadyCommitted}), has budget ({BudgetSpent}), in masked tasks has advertised ({NotAdvertised}); weight and
    /// roots are valid ({InvalidWeight}, {InvalidRoot}).
    function commit(
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        bytes32 updateRoot,
        bytes32 contentId,
        uint32 weight
    ) external;

    /// @notice Commits for participants that signed (EIP-712 Commitment, over the round's anchor). Those that do not
    /// count (any more) are passed over. Anyone may bring them.
    ///
    /// Requirements: the round is the newest and takes commitments, as in {commit}; at least one is added
    /// ({NothingAdded}).
    function commitBatch(uint32 taskId, uint32 round, SignedCommitment[] calldata signed) external;

    /// @notice Freezes the round's updates and assigns an aggregator; with too few updates, without an aggregator, or
    /// without a draw whose block is out of reach, the round is invalid. Anyone may call it once all that may commit
    /// have, or after the deadline.
    function closeRound(uint32 taskId, uint32 round) external;

    /// @notice Records the assigned aggregator's result.
    /// @param accumulator The round's, over which it was computed.
    /// @param openings As {Proposed} says.
    ///
    /// Requirements: the round is the newest and Aggregating, and the deadline has not passed ({TooLate}); the caller
    /// is assigned, for this attempt, and the proposal names it ({NotAssigned}); the accumulator is the round's
    /// ({WrongAccumulator}); roots are not zero ({InvalidRoot}); at least minUpdates are included ({InvalidExclusion});
    /// the weight can be theirs ({WrongTotalWeight}); the openings have their length ({InvalidOpenings}).
    function propose(
        uint32 taskId,
        uint32 round,
        bytes32 accumulator,
        Proposal calldata proposal,
        bytes calldata openings
    ) external;

    /// @notice Accepts a proposal by a quorum of attestations (EIP-712 Attestation), whoever brings them. Counted are
    /// accounts that committed in the round and are not expelled, each once; others are passed over. A wallet is asked
    /// (ERC-1271) with at most 50,000 gas, for a word that names it (EIP-712 WalletAttestation).
    /// @param signatures Of accounts with a key.
    /// @param wallets Of contract wallets.
    ///
    /// Requirements: the round is the newest and Proposed, the deadline has not passed ({TooLate}), the proposal is on
    /// record ({WrongProposal}); K, the number of slots that committed less those expelled since, is at least
    /// minUpdates ({TooFewParticipants}); at least max(attestationQuorum, K / 2 + 1) count ({QuorumNotReached}).
    function accept(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Signature[] calldata signatures,
        WalletWord[] calldata wallets
    ) external;

    /// @notice Assigns the next aggregator; where no attempt is left, nobody can be assigned, or fewer than minUpdates
    /// that committed are not expelled, the round is invalid. Anyone may call it after the deadline of the aggregator
    /// or of the attestations; in the last case at once.
    function reassign(uint32 taskId, uint32 round) external;
}
