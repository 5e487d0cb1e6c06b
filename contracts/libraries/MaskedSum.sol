// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Advertisement, RoundInputs, TaskRules} from "../types/TaskTypes.sol";
import {Lanes} from "./Chunks.sol";
import {MaskKeys, MaskStream} from "./Masks.sol";
import {Bitmap} from "./Records.sol";

/// @title MaskedSum
/// @notice One chunk of the model of a masked round, bit for bit as the aggregator computes it (docs/protocol.md): the
/// sum of the updates without their masks, cut to what honest ones sum to, and moved onto the base as a weighted mean.
/// @dev Attacks considered:
/// - masks that do not cancel, or an update beyond the clip, which nobody can see: the sum is cut, so that liars move
///   no lane further than honest updates could;
/// - work without bound: at most 64 streams of survivors and 32 * 32 pairs, {LeastBond}.
library MaskedSum {
    using Lanes for uint256;
    using Lanes for int256;

    uint256 private constant CHUNK_BYTES = 256;
    uint256 private constant MAX_SLOTS = 64;
    /// @dev Every other lane of a word.
    uint256 private constant FIELDS = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    uint256 private constant ODD_BYTES = 0xff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00;
    uint256 private constant ODD_PAIRS = 0xffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000;

    /// @dev Sums of lanes in fields of 64 bits, two words for each word of a chunk: what is added, and what is
    /// subtracted. Of fewer than 2^11 chunks no field overflows.
    struct Totals {
        uint256[16] added;
        uint256[16] subtracted;
    }

    /// @notice One chunk of the new model.
    /// @param base The chunk of the base model, 256 bytes.
    /// @param updates The same chunk of each masked update, 256 bytes each, joined.
    /// @param advertisements All of the round.
    /// @param openings 32 bytes for each of them: seeds of the survivors by slot, then secret keys of the others by
    /// slot.
    /// @return result The chunk of the new model, 256 bytes; lanes behind the last parameter are zero.
    function chunk(
        TaskRules memory rules,
        RoundInputs calldata inputs,
        uint32 chunkIndex,
        bytes memory base,
        bytes memory updates,
        Advertisement[] calldata advertisements,
        bytes calldata openings
    ) internal view returns (bytes memory result) {
        // zeros are meant
        // slither-disable-next-line uninitialized-local
        Totals memory totals;
        for (uint256 start = 0; start < updates.length; start += CHUNK_BYTES) _add(totals.added, updates, start);
        _unmask(totals, inputs, chunkIndex, advertisements, openings);
        return _move(rules, inputs.totalWeight, chunkIndex, base, totals);
    }

    /// @notice Where the opening of a slot stands among those of the round: the survivors' come first, then the
    /// others', each by slot.
    function openingOf(RoundInputs calldata inputs, uint256 slot, bytes calldata all) internal pure returns (bytes32) {
        uint64 before = uint64((1 << slot) - 1);
        (uint64 survivors, uint64 dropped) = (inputs.committed, inputs.keyed & ~inputs.committed);
        uint256 place = Bitmap.count(survivors & before);
        if ((dropped >> slot) & 1 != 0) place = Bitmap.count(survivors) + Bitmap.count(dropped & before);
        return bytes32(all[32 * place:32 * place + 32]);
    }

    /// @dev Takes away the survivors' own masks, and of those that they share, the ones that have no counterpart.
    function _unmask(
        Totals memory totals,
        RoundInputs calldata inputs,
        uint32 chunkIndex,
        Advertisement[] calldata advertisements,
        bytes calldata openings
    ) private view {
        // zeros are meant: of slots that did not advertise, none is read
        // slither-disable-next-line uninitialized-local
        bytes32[MAX_SLOTS] memory keys;
        for (uint256 i = 0; i < advertisements.length; ++i) keys[advertisements[i].slot] = advertisements[i].maskKey;
        bytes memory stream = new bytes(MaskStream.BUFFER_BYTES);
        (uint64 survivors, uint64 dropped) = (inputs.committed, inputs.keyed & ~inputs.committed);
        uint256 place = 0;
        for (uint256 slot = 0; slot < MAX_SLOTS; ++slot) {
            if ((survivors >> slot) & 1 == 0) continue;
            MaskStream.read(stream, bytes32(openings[place:place + 32]), chunkIndex);
            _add(totals.subtracted, stream, 0);
            place += 32;
        }
        for (uint256 slot = 0; dropped >> slot != 0; ++slot) {
            if ((dropped >> slot) & 1 == 0) continue;
            bytes32 secret = bytes32(openings[place:place + 32]);
            place += 32;
            for (uint256 other = 0; other < MAX_SLOTS; ++other) {
                if ((survivors >> other) & 1 == 0) continue;
                // of two slots the lower one has added the stream
                (uint256 low, uint256 high) = other < slot ? (other, slot) : (slot, other);
                bytes32 seed = MaskKeys.pairSeed(inputs, low, high, secret, keys[other]);
                MaskStream.read(stream, seed, chunkIndex);
                _add(low == other ? totals.subtracted : totals.added, stream, 0);
            }
        }
    }

    /// @dev The chunk of the model: the base, moved by the mean.
    function _move(
        TaskRules memory rules,
        uint64 totalWeight,
        uint32 chunkIndex,
        bytes memory base,
        Totals memory totals
    ) private pure returns (bytes memory result) {
        result = new bytes(CHUNK_BYTES);
        // the weights and the clip of a masked task keep it below 2^31
        int256 most = int256(uint256(totalWeight) * rules.clipLanes);
        int256 divisor = int256(uint256(totalWeight)) << 16;
        int256 rate = int256(uint256(rules.serverRateQ16));
        // 256 / 4 has no remainder
        // slither-disable-next-line divide-before-multiply
        uint256 count = rules.parameterCount - uint256(chunkIndex) * (CHUNK_BYTES / 4);
        for (uint256 word = 0; word < 8; ++word) {
            uint256 lanes = Lanes.load(base, 32 * word);
            uint256 packed = 0;
            for (uint256 place = 0; place < 8; ++place) {
                // the highest place of a word is its first lane
                if (8 * word + 7 - place >= count) continue;
                uint256 shift = 64 * (place >> 1);
                uint256 field = 2 * word + (place & 1);
                int256 sum;
                unchecked {
                    uint256 lane = (totals.added[field] >> shift) - (totals.subtracted[field] >> shift);
                    sum = int32(uint32(lane));
                }
                if (sum > most) sum = most;
                if (sum < -most) sum = -most;
                packed |= lanes.laneAt(place).moved(sum * rate, divisor) << (32 * place);
            }
            Lanes.store(result, 32 * word, packed);
        }
    }

    /// @dev Adds the 64 lanes of the chunk at an offset; the caller gives whole chunks. In assembly, as it runs for
    /// each mask.
    function _add(uint256[16] memory sums, bytes memory data, uint256 offset) private pure {
        assembly ("memory-safe") {
            let sum := sums
            let pointer := add(add(data, 32), offset)
            let end := add(pointer, CHUNK_BYTES)
            for {} lt(pointer, end) {
                pointer := add(pointer, 32)
            } {
                // {Lanes.swap}
                let lanes := mload(pointer)
                lanes := or(shr(8, and(lanes, ODD_BYTES)), and(shl(8, lanes), ODD_BYTES))
                lanes := or(shr(16, and(lanes, ODD_PAIRS)), and(shl(16, lanes), ODD_PAIRS))
                mstore(sum, add(mload(sum), and(lanes, FIELDS)))
                sum := add(sum, 32)
                mstore(sum, add(mload(sum), and(shr(32, lanes), FIELDS)))
                sum := add(sum, 32)
            }
        }
    }
}
