// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChunkProof, UpdateProof} from "../../../contracts/types/ProofTypes.sol";
import {
    Commitment,
    Evidence,
    Mode,
    Phase,
    Rule,
    SignedCommitment,
    TaskRules
} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {Book} from "./WalkBook.sol";
import {WalkAcceptance} from "./WalkAcceptance.sol";

/// @notice The ways to prove something.
enum Way {
    Chunk,
    MaskedChunk,
    Opening,
    Weight,
    Update,
    DoubleCommitment,
    Equivocation
}

/// @notice What is said of a round. `bare` says that the evidence names no proposal; `pick` is which commitment, chunk
/// or slot it is about.
struct Claim {
    uint32 taskId;
    uint32 round;
    Way way;
    bool bare;
    bool forged;
    uint256 pick;
    uint256 seed;
    Evidence evidence;
    Commitment[] all;
}

/// @title WalkProofs
/// @notice Makes proofs of all seven kinds, of what is wrong and of what is not, over true evidence or forged.
abstract contract WalkProofs is WalkAcceptance {
    /// @dev The claim with its evidence, of which one time in four something is forged.
    function _claim(uint32 taskId, uint32 round, Way way, uint256 seed) internal view returns (Claim memory claim) {
        Book storage book = books[taskId][round];
        (claim.taskId, claim.round, claim.way, claim.seed) = (taskId, round, way, seed);
        claim.bare = (way == Way.Update || way == Way.DoubleCommitment) && seed % 2 == 0;
        claim.all = commitments[taskId][round];
        claim.pick = _pick(book, claim, seed >> 8);
        if (claim.bare) claim.evidence.inputs = _inputs(taskId, round, 0);
        else claim.evidence = Evidence(book.inputs, book.proposal, book.attesters);
        if ((seed >> 4) % 4 == 0) _forge(claim, (seed >> 16) % 8);
    }

    /// @dev What the claim is about: mostly where something is wrong.
    function _pick(Book storage book, Claim memory claim, uint256 seed) private view returns (uint256 pick) {
        bool sure = seed % 4 != 0;
        if (claim.way == Way.Opening) return sure ? book.falseSlot : (seed >> 8) % PARTICIPANTS;
        if (claim.way == Way.Chunk) {
            bool one = rulesOf[claim.taskId].parameterCount <= 64;
            if (one) return 0;
            return sure && book.wrongs & BEHIND != 0 ? 3 : (seed >> 8) % 4;
        }
        if (claim.way == Way.MaskedChunk || claim.all.length == 0) return 0;
        pick = (seed >> 8) % claim.all.length;
        if (claim.way != Way.Update || !sure) return pick;
        for (uint256 k = 0; k < claim.all.length; ++k) {
            uint256 at = (pick + k) % claim.all.length;
            if (_in(book.invalid, _indexOf(claim.all[at].participant))) return at;
        }
    }

    function _forge(Claim memory claim, uint256 kind) private view {
        Evidence memory evidence = claim.evidence;
        // of a bare one neither proposal nor attesters are looked at
        if (claim.bare && (kind == 0 || kind == 3 || kind == 4)) return;
        if (claim.way == Way.Opening && kind == 5) return;
        claim.forged = true;
        if (kind == 0) evidence.attesters = _others(evidence.attesters);
        else if (kind == 1) evidence.inputs.acceptedBefore += 1;
        else if (kind == 2) evidence.inputs.baseModelRoot = "another";
        else if (kind == 3) evidence.proposal.totalWeight += 1;
        else if (kind == 4)
            evidence.proposal.aggregator = evidence.proposal.aggregator == accounts[8] ? outsider : accounts[8];
        else if (kind == 5) claim.all = _shortened(claim.all);
        else if (kind == 6) evidence.inputs.round += 1;
        else evidence.inputs.taskId = claim.taskId == 1 ? 2 : 1;
    }

    /// @dev One less, or, of nobody, the outsider.
    function _others(address[] memory attesters) private view returns (address[] memory others) {
        others = new address[](attesters.length == 0 ? 1 : attesters.length - 1);
        for (uint256 k = 0; k < others.length; ++k) others[k] = attesters.length == 0 ? outsider : attesters[k];
    }

    function _shortened(Commitment[] memory all) private pure returns (Commitment[] memory shorter) {
        shorter = new Commitment[](all.length - 1);
        for (uint256 k = 0; k < shorter.length; ++k) shorter[k] = all[k];
    }

    /// @dev The call that makes the claim.
    function _proofOf(Claim memory claim) internal view returns (bytes memory) {
        Evidence memory evidence = claim.evidence;
        if (claim.way == Way.Weight) return abi.encodeCall(Calls.proveWeight, (federation, evidence, claim.all));
        if (claim.way == Way.Chunk) {
            return abi.encodeCall(Calls.proveChunk, (federation, evidence, claim.all, _chunkProof(claim)));
        }
        if (claim.way == Way.Update) {
            return abi.encodeCall(Calls.proveUpdate, (federation, evidence, claim.all, _updateProof(claim)));
        }
        if (claim.way == Way.MaskedChunk) return _maskedProof(claim, evidence);
        if (claim.way == Way.Opening) return _openingProof(claim, evidence);
        (uint32 position, SignedCommitment memory signed) = (uint32(claim.pick), _secondWord(claim));
        return abi.encodeCall(Calls.proveDoubleCommitment, (federation, evidence, claim.all, position, signed));
    }

    function _maskedProof(Claim memory claim, Evidence memory evidence) private view returns (bytes memory) {
        Book storage book = books[claim.taskId][claim.round];
        ChunkProof memory proof = _chunkProof(claim);
        return
            abi.encodeCall(
                Calls.proveMaskedChunk,
                (
                    federation,
                    evidence,
                    book.start,
                    advertisements[claim.taskId][claim.round],
                    claim.all,
                    book.openings,
                    proof
                )
            );
    }

    function _openingProof(Claim memory claim, Evidence memory evidence) private view returns (bytes memory) {
        Book storage book = books[claim.taskId][claim.round];
        return
            abi.encodeCall(
                Calls.proveOpening,
                (
                    federation,
                    evidence,
                    book.start,
                    advertisements[claim.taskId][claim.round],
                    book.openings,
                    uint8(claim.pick)
                )
            );
    }

    function _chunkProof(Claim memory claim) private view returns (ChunkProof memory proof) {
        Book storage book = books[claim.taskId][claim.round];
        TaskRules storage rules = rulesOf[claim.taskId];
        bytes32[] memory leaves = _leavesOf(rules.parameterCount, book.proposed);
        proof.chunkIndex = uint32(claim.pick);
        proof.leaf = leaves[claim.pick];
        proof.leafPath = _pathOf(leaves, claim.pick);
        uint256 lanes = _lanesIn(rules.parameterCount, claim.pick);
        if (lanes == 0) return proof;
        leaves = _leavesOf(rules.parameterCount, book.base);
        proof.base = _chunk(book.base.lane, lanes);
        proof.basePath = _pathOf(leaves, claim.pick);
        _addUpdates(claim, proof);
        if (rules.rule == Rule.WeightedMean) return proof;
        int256[] memory sorted = _sorted(book, _includedIn(book));
        uint256 trim = _trim(rules, sorted.length);
        proof.bounds = bytes.concat(_chunk(sorted[trim], lanes), _chunk(sorted[sorted.length - 1 - trim], lanes));
    }

    function _addUpdates(Claim memory claim, ChunkProof memory proof) private view {
        Commitment[] storage all = commitments[claim.taskId][claim.round];
        Book storage book = books[claim.taskId][claim.round];
        uint256 included = _includedIn(book);
        uint256 depth = proof.basePath.length;
        proof.updatePaths = new bytes32[](_count(included) * depth);
        uint256 at = 0;
        for (uint256 k = 0; k < all.length; ++k) {
            uint256 i = _indexOf(all[k].participant);
            if (!_in(included, i)) continue;
            bytes memory chunk = _updateChunk(claim.taskId, claim.round, i, all[k].weight, claim.pick);
            proof.updates = bytes.concat(proof.updates, _zigzag(chunk));
            bytes32[] memory path = _pathOf(_updateLeaves(claim.taskId, claim.round, i, all[k].weight), claim.pick);
            for (uint256 level = 0; level < depth; ++level) proof.updatePaths[at++] = path[level];
        }
    }

    /// @dev Those whose update a proposal includes.
    function _includedIn(Book storage book) internal view returns (uint256 set) {
        set = book.committed;
        for (uint256 i = 0; i < PARTICIPANTS; ++i) {
            if (_in(set, i) && _in(book.proposal.excluded, book.slots[i])) set &= ~(uint256(1) << i);
        }
    }

    function _updateProof(Claim memory claim) private view returns (UpdateProof memory proof) {
        Commitment[] storage all = commitments[claim.taskId][claim.round];
        uint256 i = _indexOf(all[claim.pick].participant);
        uint256 weight = all[claim.pick].weight;
        proof.position = uint32(claim.pick);
        proof.chunkIndex = rulesOf[claim.taskId].parameterCount > 64 ? uint32(claim.seed >> 40) % 3 : 0;
        proof.chunk = _updateChunk(claim.taskId, claim.round, i, weight, proof.chunkIndex);
        proof.path = _pathOf(_updateLeaves(claim.taskId, claim.round, i, weight), proof.chunkIndex);
    }

    /// @dev Another word of the one who committed; of an honest one the same, or one over another anchor; of a wallet
    /// somebody else's.
    function _secondWord(Claim memory claim) private view returns (SignedCommitment memory) {
        Commitment memory made = commitments[claim.taskId][claim.round][claim.pick];
        uint256 i = _indexOf(made.participant);
        bytes32 anchor = claim.evidence.inputs.anchor;
        if (i >= SIGNERS) return _word(claim.taskId, claim.round, anchor, 3, made.weight + 1, made.updateRoot);
        if (!_isHonest(i)) return _word(claim.taskId, claim.round, anchor, i, made.weight + 1, made.updateRoot);
        if (claim.seed % 4 < 2) return _word(claim.taskId, claim.round, anchor, i, made.weight, made.updateRoot);
        return _word(claim.taskId, claim.round, "another", i, made.weight, "another");
    }

    /// @dev Whose commitment the claim is about.
    function _ownerOf(Claim memory claim) internal view returns (uint256) {
        return _indexOf(commitments[claim.taskId][claim.round][claim.pick].participant);
    }

    /// @dev Whether the claim is true, whatever has become of the round.
    function _isTrue(Claim memory claim) internal view returns (bool) {
        Book storage book = books[claim.taskId][claim.round];
        Mode mode = rulesOf[claim.taskId].mode;
        if (claim.forged) return false;
        if (claim.way == Way.Weight) return book.wrongs & WEIGHT != 0;
        if (claim.way == Way.Chunk) {
            return mode == Mode.Transparent && book.wrongs & (claim.pick == 3 ? BEHIND : CHUNK) != 0;
        }
        // of false openings come false sums
        if (claim.way == Way.MaskedChunk) return mode == Mode.Masked && book.wrongs & (CHUNK | OPENING) != 0;
        if (claim.way == Way.Opening) return book.wrongs & OPENING != 0 && claim.pick == book.falseSlot;
        uint256 i = _ownerOf(claim);
        if (claim.way == Way.Update) return mode != Mode.Encrypted && _in(book.invalid, i);
        return i < SIGNERS && !_isHonest(i);
    }

    /// @dev Whether there is still somebody to convict by the evidence, at this second.
    function _isOpen(Claim memory claim) internal view returns (bool) {
        Book storage book = books[claim.taskId][claim.round];
        bool isNewest = claim.round == heads[claim.taskId].newest;
        if (claim.bare) {
            return
                isNewest &&
                (book.phase == Phase.Aggregating || book.phase == Phase.Proposed || book.phase == Phase.Invalid);
        }
        if (isNewest && book.phase == Phase.Proposed) return true;
        return book.accepted && block.timestamp <= book.acceptedAt + rulesOf[claim.taskId].challengeWindowS;
    }
}
