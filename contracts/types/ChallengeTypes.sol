// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a challenge proves against a proposal.
enum ChallengeKind {
    WrongChunk,
    InvalidUpdate,
    WrongWeight,
    LeftOut,
    Withheld,
    FalseOpening
}

/// @notice What a report proves against a participant.
enum MisconductKind {
    InvalidUpdate,
    Equivocation,
    Withheld
}

/// @notice What a demand asks to be shown.
enum DemandKind {
    UpdateChunk,
    ModelNodes
}

/// @notice Shows that one chunk of a proposed model is not what the rule makes of the included updates. Paths are siblings
/// from the leaf upward, ceil(log2(chunk count)) of them each.
/// @param chunkIndex Which chunk.
/// @param leaf The leaf that the proposed model has at this place, as its committer stated it; its bytes are not needed.
/// @param leafPath Its path to the proposal's modelRoot.
/// @param base The chunk of the base model, 256 bytes.
/// @param basePath Its path to the base model's root.
/// @param updates The chunk of each included update in the order of the commitments, 256 bytes each, joined; each lane q
/// written zigzag, as the uint32 (q << 1) ^ (q >> 31), little-endian: bytes of small lanes are then zero, and cheap.
/// @param updatePaths Their paths to their updateRoots, in the same order, joined.
/// @param bounds Under coordinate median and trimmed mean: the least kept value of each lane, 256 bytes, and behind it the
/// greatest kept one, 256 bytes, both little-endian and not zigzag: sorting is left to the prover, and checked. Else empty.
struct ChunkProof {
    uint32 chunkIndex;
    bytes32 leaf;
    bytes32[] leafPath;
    bytes base;
    bytes32[] basePath;
    bytes updates;
    bytes32[] updatePaths;
    bytes bounds;
}

/// @notice Shows that a committed update breaks the task's rules: a lane beyond clipLanes, or padding that is not zero.
/// @param position Which of the commitments given, from 0.
/// @param chunkIndex Which chunk of the update.
/// @param chunk Its 256 bytes, as committed (not zigzag).
/// @param path Its path to the update's chunk tree root, from the leaf upward.
struct UpdateProof {
    uint32 position;
    uint32 chunkIndex;
    bytes chunk;
    bytes32[] path;
}

/// @notice Something that the proposer must show on the chain, or lose.
/// @param taskId The task.
/// @param round The round.
/// @param proposalHash Hash of the proposal on record.
/// @param kind A chunk of an included update, or nodes of the proposed model's chunk tree.
/// @param place UpdateChunk: the slot of the update. ModelNodes: the height h of the node above those asked for, 0 to the depth d of the tree.
/// @param index UpdateChunk: which chunk. ModelNodes: which node of that height, from 0.
/// @param root UpdateChunk: the updateRoot. ModelNodes: the node's hash, or for the top (h = d) the proposal's modelRoot.
struct Demand {
    uint32 taskId;
    uint32 round;
    bytes32 proposalHash;
    DemandKind kind;
    uint8 place;
    uint32 index;
    bytes32 root;
}
