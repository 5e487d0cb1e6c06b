// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Lanes} from "../../../contracts/libraries/Chunks.sol";
import {MaskStream} from "../../../contracts/libraries/Masks.sol";
import {Commitment, Mode, Rule, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {Book, Vector, WalkBook} from "./WalkBook.sol";

/// @title WalkVectors
/// @notice Models and updates whose lanes are all the same: what a rule makes of them is reckoned with one number. Of
/// 40 lanes they have one chunk, of 130 three, and a fourth leaf.
abstract contract WalkVectors is WalkBook {
    /// @dev The generator of secp256k1, whose secret key is 1: everybody's mask key.
    bytes32 internal constant GENERATOR = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
    uint256 private constant FIELDS = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;

    function _seed(uint256 i) internal pure returns (bytes32) {
        return keccak256(abi.encode("seed", i));
    }

    /// @dev Lanes of a chunk that are no padding.
    function _lanesIn(uint256 count, uint256 index) internal pure returns (uint256 lanes) {
        lanes = count > 64 * index ? count - 64 * index : 0;
        if (lanes > 64) lanes = 64;
    }

    /// @dev A chunk of `lanes` times the same lane, little-endian, and zeros.
    function _chunk(int256 lane, uint256 lanes) internal pure returns (bytes memory chunk) {
        uint256 eight = uint256(uint32(int32(lane))) * ONES;
        chunk = new bytes(256);
        for (uint256 k = 0; 8 * k < lanes; ++k) {
            uint256 left = lanes - 8 * k;
            Lanes.store(chunk, 32 * k, left < 8 ? eight & ~(type(uint256).max >> (32 * left)) : eight);
        }
    }

    /// @dev Each lane q as (q << 1) ^ (q >> 31).
    function _zigzag(bytes memory chunk) internal pure returns (bytes memory zigzag) {
        zigzag = new bytes(256);
        for (uint256 k = 0; k < 256; k += 32) {
            uint256 lanes = Lanes.load(chunk, k);
            uint256 packed = 0;
            for (uint256 place = 0; place < 8; ++place) {
                int256 lane = Lanes.laneAt(lanes, place);
                packed |= uint256(uint32(uint256((lane << 1) ^ (lane >> 31)))) << (32 * place);
            }
            Lanes.store(zigzag, k, packed);
        }
    }

    function _leaf(uint256 index, bytes memory chunk) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0), uint32(index), chunk));
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(1), left, right));
    }

    function _leavesOf(uint256 count, Vector memory vector) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count > 64 ? 4 : 1);
        for (uint256 k = 0; _lanesIn(count, k) != 0; ++k) {
            leaves[k] = _leaf(k, _chunk(vector.lane, _lanesIn(count, k)));
        }
        if (leaves.length == 4) leaves[3] = vector.behind;
    }

    function _rootOf(uint256 count, bytes32[] memory leaves) internal pure returns (bytes32) {
        bytes32 top = leaves.length == 1 ? leaves[0] : _node(_node(leaves[0], leaves[1]), _node(leaves[2], leaves[3]));
        return keccak256(abi.encodePacked(uint8(2), uint32(count), top));
    }

    function _pathOf(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory path) {
        if (leaves.length == 1) return new bytes32[](0);
        path = new bytes32[](2);
        path[0] = leaves[index ^ 1];
        path[1] = index < 2 ? _node(leaves[2], leaves[3]) : _node(leaves[0], leaves[1]);
    }

    /// @dev A chunk of a participant's update, as it committed to it.
    function _updateChunk(
        uint32 taskId,
        uint32 round,
        uint256 i,
        uint256 weight,
        uint256 index
    ) internal view returns (bytes memory) {
        TaskRules storage rules = rulesOf[taskId];
        Book storage book = books[taskId][round];
        if (rules.mode == Mode.Masked) return _maskedChunk(taskId, round, i, book.lanes[i] * int256(weight));
        return _chunk(book.lanes[i], _lanesIn(rules.parameterCount, index));
    }

    /// @dev The root that a participant commits to: of a sealed update it is anything.
    function _updateRoot(uint32 taskId, uint32 round, uint256 i, uint256 weight) internal view returns (bytes32 root) {
        uint256 count = rulesOf[taskId].parameterCount;
        if (rulesOf[taskId].mode == Mode.Encrypted) {
            root = keccak256(abi.encode("sealed", books[taskId][round].start));
        } else {
            root = _rootOf(count, _updateLeaves(taskId, round, i, weight));
        }
        return keccak256(abi.encodePacked(uint8(3), accounts[i], root));
    }

    function _updateLeaves(
        uint32 taskId,
        uint32 round,
        uint256 i,
        uint256 weight
    ) internal view returns (bytes32[] memory leaves) {
        uint256 count = rulesOf[taskId].parameterCount;
        leaves = new bytes32[](count > 64 ? 4 : 1);
        for (uint256 k = 0; _lanesIn(count, k) != 0; ++k) {
            leaves[k] = _leaf(k, _updateChunk(taskId, round, i, weight, k));
        }
    }

    /// @dev The only chunk of a masked update: 40 lanes under the participant's own mask, and those that it shares with
    /// all others who advertised. A broken one has padding.
    function _maskedChunk(
        uint32 taskId,
        uint32 round,
        uint256 i,
        int256 lane
    ) private view returns (bytes memory chunk) {
        Book storage book = books[taskId][round];
        chunk = _chunk(lane, 40);
        _mask(chunk, _seed(i), true);
        for (uint256 j = 0; j < SIGNERS; ++j) {
            if (j == i || !_in(book.keyed, j)) continue;
            bool adds = book.slots[i] < book.slots[j];
            (uint8 a, uint8 b) = adds ? (book.slots[i], book.slots[j]) : (book.slots[j], book.slots[i]);
            // the point that two secrets of 1 share is the generator
            bytes32 key = keccak256(abi.encodePacked(uint8(6), taskId, round, a, b, vm.addr(1)));
            _mask(chunk, key, adds);
        }
        if (_in(book.invalid, i)) chunk[252] = 0x01;
    }

    /// @dev Adds or subtracts a key's stream, lane by lane modulo 2^32, in the five words that are no padding.
    function _mask(bytes memory chunk, bytes32 key, bool adds) private view {
        bytes memory stream = new bytes(MaskStream.BUFFER_BYTES);
        MaskStream.read(stream, key, 0);
        for (uint256 k = 0; k < 160; k += 32) {
            uint256 mask = Lanes.load(stream, k);
            if (!adds) mask = _sum(~mask, ONES);
            Lanes.store(chunk, k, _sum(Lanes.load(chunk, k), mask));
        }
    }

    /// @dev Sums of eight lanes, modulo 2^32 each.
    function _sum(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return (((a & FIELDS) + (b & FIELDS)) & FIELDS) | (((a & ~FIELDS) + (b & ~FIELDS)) & ~FIELDS);
        }
    }

    /// @dev The lane of the model that the rule makes of what is included.
    /// @param excluded Set of accounts.
    function _rightLane(uint32 taskId, uint32 round, uint256 excluded) internal view returns (int256) {
        TaskRules storage rules = rulesOf[taskId];
        Book storage book = books[taskId][round];
        if (rules.rule != Rule.WeightedMean) return _trimmedLane(rules, book, excluded);
        Commitment[] storage all = commitments[taskId][round];
        int256 sum = 0;
        int256 weights = 0;
        for (uint256 k = 0; k < all.length; ++k) {
            uint256 i = _indexOf(all[k].participant);
            if (_in(excluded, i)) continue;
            int256 weight = int256(uint256(all[k].weight));
            weights += weight;
            sum += weight * book.lanes[i];
        }
        if (rules.mode == Mode.Masked) {
            sum = int32(sum);
            int256 most = weights * int256(uint256(rules.clipLanes));
            if (sum > most) sum = most;
            if (sum < -most) sum = -most;
        }
        return book.base.lane + _floor(sum * int256(uint256(rules.serverRateQ16)), weights << 16);
    }

    /// @dev The mean without the least and the greatest values.
    function _trimmedLane(TaskRules storage rules, Book storage book, uint256 excluded) private view returns (int256) {
        int256[] memory sorted = _sorted(book, book.committed & ~excluded);
        uint256 trim = _trim(rules, sorted.length);
        int256 sum = 0;
        for (uint256 k = trim; k < sorted.length - trim; ++k) sum += sorted[k];
        int256 divisor = int256(sorted.length - 2 * trim) << 16;
        return book.base.lane + _floor(sum * int256(uint256(rules.serverRateQ16)), divisor);
    }

    function _trim(TaskRules storage rules, uint256 count) internal view returns (uint256) {
        return rules.rule == Rule.TrimmedMean ? rules.trim : (count - 1) / 2;
    }

    function _sorted(Book storage book, uint256 set) internal view returns (int256[] memory sorted) {
        sorted = new int256[](_count(set));
        uint256 length = 0;
        for (uint256 i = 0; i < PARTICIPANTS; ++i) {
            if (!_in(set, i)) continue;
            uint256 at = length++;
            for (; at != 0 && sorted[at - 1] > book.lanes[i]; --at) sorted[at] = sorted[at - 1];
            sorted[at] = book.lanes[i];
        }
    }

    function _floor(int256 dividend, int256 divisor) private pure returns (int256 quotient) {
        quotient = dividend / divisor;
        if (dividend % divisor < 0) --quotient;
    }
}
