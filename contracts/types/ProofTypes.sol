// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What was proven.
enum ProofKind {
    WrongChunk,
    WrongWeight,
    InvalidUpdate,
    FalseOpening,
    Equivocation
}

/// @notice Shows that one chunk of a proposed model is not what the rule makes of the included updates. Paths are
/// siblings from the leaf upward, ceil(log2(chunk count)) of them each.
/// @param chunkIndex Which chunk.
/// @param leaf The leaf that the proposed model has at this place, as its committer stated it; its bytes are not
/// needed.
/// @param leafPath Its path to the proposal's modelRoot.
/// @param base The chunk of the base model, 256 bytes.
/// @param basePath Its path to the base model's root.
/// @param updates The chunk of each included update in the order of the commitments, 256 bytes each, joined; each lane
/// q written zigzag, as the uint32 (q << 1) ^ (q >> 31), little-endian: bytes of small lanes are then zero, and cheap.
/// @param updatePaths Their paths to their updateRoots, in the same order, joined.
/// @param bounds Under coordinate median and trimmed mean: the least kept value of each lane, 256 bytes, and behind it
/// the greatest kept one, 256 bytes, both little-endian and not zigzag: sorting is left to the prover, and checked.
/// Else empty.
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
