// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Demand, DemandKind} from "../types/ChallengeTypes.sol";
import {Commitment, Proposal} from "../types/TaskTypes.sol";

/// @title IDemands
/// @notice Data that a proposer must show on the chain: chunks of the updates that it included, and nodes of the chunk tree of the
/// model that it proposed. While a demand is open the proposal is not final by the passing of time; a quorum still makes it final.
/// @dev With the nodes of a tree whose bytes nobody else has, a challenger finds a leaf that differs from the right model's, and its
/// path: then {IChallenges.challengeChunk} needs nothing else. Anyone may answer, and is paid half of the demand's bond for it; the other
/// half is burnt, so that demands which their makers answer themselves are not free.
interface IDemands {
    /// @notice Something was demanded; `deadline` is the last second at which it may be shown.
    event Demanded(
        uint32 indexed taskId,
        uint32 indexed round,
        bytes32 indexed demandId,
        address demander,
        Demand demand,
        uint40 deadline
    );
    /// @notice A demanded chunk was shown.
    /// @param challengeDeadline Last second of the proposal's challenge window from now on.
    /// @param chunk Its 256 bytes.
    /// @param path Its path to the updateRoot, from the leaf upward.
    event ChunkShown(
        uint32 indexed taskId,
        uint32 indexed round,
        bytes32 indexed demandId,
        address shownBy,
        bytes chunk,
        bytes32[] path,
        uint40 challengeDeadline
    );
    /// @notice Demanded nodes were shown, from left to right.
    /// @param challengeDeadline Last second of the proposal's challenge window from now on.
    event NodesShown(
        uint32 indexed taskId,
        uint32 indexed round,
        bytes32 indexed demandId,
        address shownBy,
        bytes32[] nodes,
        uint40 challengeDeadline
    );
    /// @notice The bond of a demand went back, as the proposal it was made against is no longer to be decided.
    event DemandReturned(uint32 indexed taskId, uint32 indexed round, bytes32 indexed demandId, address demander);

    /// @notice What is sent is not the bond of this kind of demand.
    error WrongDemandBond(uint256 expectedWei);
    /// @notice This was demanded already.
    error AlreadyDemanded(bytes32 demandId);
    /// @notice No such demand is open.
    error NotDemanded(bytes32 demandId);
    /// @notice The demand names something that the proposal does not have.
    error InvalidDemand();
    /// @notice What is shown is not what was demanded.
    error NotWhatWasDemanded();
    /// @notice As many demands are open as one round may have (32).
    error TooManyDemands();

    /// @notice Demands a chunk of an included update.
    /// @param position The update's commitment among those of the round.
    ///
    /// Requirements: the round is in flight and Proposed until its window's end ({IRounds.WrongRound}, {IRounds.WrongPhase},
    /// {IRounds.TooLate}), the proposal is on record ({IRounds.WrongProposal}), the commitments are the round's
    /// ({IChallenges.WrongCommitments}); the demand names that update, included, and a chunk of it ({InvalidDemand}); the bond is sent
    /// ({WrongDemandBond}); it is new ({AlreadyDemanded}, {TooManyDemands}).
    function demandChunk(
        Demand calldata demand,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        uint32 position
    ) external payable;

    /// @notice Demands the nodes min(height, 10) levels below a node of the proposed model's chunk tree.
    /// @param path Siblings from the node upward to the top; empty for the top, of which the hash need not be known.
    ///
    /// Requirements: those of {demandChunk} on round, window, proposal and bond; the node is in the proposed model's tree ({InvalidDemand}).
    function demandNodes(Demand calldata demand, Proposal calldata proposal, bytes32[] calldata path) external payable;

    /// @notice Shows a demanded chunk.
    /// @param participant Whose update it is: the root is bound to it.
    ///
    /// The caller is credited half of the demand's bond; the window ends no sooner than challengeWindowS from now, except that of a
    /// proposal that needs a quorum, which cannot be final by time anyway.
    ///
    /// Requirements: the demand is open ({NotDemanded}) until its deadline ({IRounds.TooLate}), its proposal still to be decided
    /// ({InvalidDemand}); the chunk is the one demanded ({NotWhatWasDemanded}).
    function answerChunk(
        Demand calldata demand,
        address participant,
        bytes calldata chunk,
        bytes32[] calldata path
    ) external;

    /// @notice Shows demanded nodes, from left to right; otherwise as {answerChunk}. Leaves behind the last chunk must be zero.
    function answerNodes(Demand calldata demand, bytes32[] calldata nodes) external;

    /// @notice Strikes a proposal whose proposer left a demand unanswered: as a won challenge of kind Withheld, whose reward goes to
    /// the demander, with the demand's bond. An update that was not shown may be left out by the next proposals of the round.
    ///
    /// Requirements: the demand is open ({NotDemanded}), its deadline has passed ({IRounds.TooEarly}), its proposal is
    /// still on record and Proposed ({IRounds.WrongProposal}, {IRounds.WrongPhase}).
    function strikeUnanswered(Demand calldata demand, Proposal calldata proposal) external;

    /// @notice Gives the bond of an open demand back to the demander's credit, when its proposal is no longer on record, or final.
    ///
    /// Requirements: the demand is open ({NotDemanded}); its proposal is not Proposed any more ({InvalidDemand}).
    function returnDemand(Demand calldata demand) external;

    /// @notice The bond of a demand: twice what its answer costs at 100 gwei a gas. Half of it pays the answer.
    function demandBondWei(DemandKind kind) external pure returns (uint256);
}
