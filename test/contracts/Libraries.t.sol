// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Draw} from "../../contracts/libraries/Draw.sol";
import {Bitmap} from "../../contracts/libraries/Records.sol";
import {TrimmedMean} from "../../contracts/libraries/TrimmedMean.sol";
import {RoundState, RoundStateLibrary} from "../../contracts/types/RoundState.sol";
import {Phase, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {LibraryHarness} from "./harness/LibraryHarness.sol";
import {TestBase} from "./support/TestBase.sol";

contract LibrariesTest is TestBase {
    LibraryHarness private harness;

    function setUp() public {
        harness = new LibraryHarness();
    }

    // Bitmap

    function test_bitmap_counts(uint64 bitmap) public pure {
        uint256 total;
        for (uint256 i = 0; i < 64; ++i) {
            total += (bitmap >> i) & 1;
        }
        assertEq(Bitmap.count(bitmap), total);
    }

    function test_bitmap_fullHasTheSlotsBelow() public pure {
        for (uint256 size = 0; size <= 64; ++size) {
            assertEq(Bitmap.count(Bitmap.full(size)), size);
            assertTrue(size == 64 || Bitmap.full(size) >> size == 0, "above");
        }
    }

    // Draw

    function test_draw_isAPermutation(uint64 seed, uint256 enrolled, uint256 drawn) public pure {
        enrolled = bound(enrolled, 1, 120);
        drawn = bound(drawn, 1, enrolled);
        bool[] memory taken = new bool[](enrolled);
        for (uint256 index = 0; index < enrolled; ++index) {
            uint256 slot = Draw.slotOf(seed, index, enrolled, drawn);
            assertTrue(slot < enrolled && !taken[slot], "slot");
            taken[slot] = true;
        }
    }

    function test_draw_sizeIsWithinItsBounds(
        uint256 enrolled,
        uint256 minUpdates,
        uint256 maxUpdates,
        uint256 bps
    ) public pure {
        maxUpdates = bound(maxUpdates, 1, 64);
        minUpdates = bound(minUpdates, 1, maxUpdates);
        enrolled = bound(enrolled, minUpdates, 262_143);
        bps = bound(bps, 1, 10_000);
        TaskRules memory rules;
        (rules.minUpdates, rules.maxUpdates) = (uint16(minUpdates), uint16(maxUpdates));
        rules.participationBps = uint16(bps);
        uint256 drawn = Draw.size(enrolled, rules);
        assertTrue(drawn >= minUpdates && drawn <= maxUpdates && drawn <= enrolled, "bounds");
        if (drawn > minUpdates && drawn < maxUpdates) {
            assertTrue(drawn * 10_000 >= enrolled * bps && (drawn - 1) * 10_000 < enrolled * bps, "rounded up");
        }
    }

    // RoundState

    /// @dev Each step changes what it says and nothing else; what outlives a round does.
    function test_roundState_keepsEveryField(
        uint256 word,
        uint32 number,
        uint256 enrolled,
        uint64 slots,
        uint32 weight,
        uint256 deadline,
        uint256 place
    ) public pure {
        RoundState before = RoundState.wrap(word & ~(uint256(7) << 254));
        if (before.accepted() == type(uint16).max) return;
        enrolled = bound(enrolled, 1, RoundStateLibrary.MAX_ENROLLED);
        deadline = bound(deadline, 0, (1 << 33) - 1);
        place = bound(place, 0, 31);
        RoundState state = before.next(number, enrolled, 64, 32);
        assertTrue(state.phase() == Phase.Drawing && state.inFlight() && !state.anyExpelled(), "drawing");
        assertEq(state.round(), number);
        assertEq(state.accepted(), before.accepted());
        assertEq(uint256(state.committed()) + state.totalWeight() + state.attempt() + state.deadline(), 0);
        state = state.inPhase(Phase.Open).withDeadline(deadline);
        for (uint256 slot = 0; slot < 64; ++slot) {
            if ((slots >> slot) & 1 != 0) state = state.withCommitment(slot, weight);
        }
        state = state.withAttempt(15).withExpelled().inPhase(Phase.Proposed).withDeadline(deadline / 2);
        assertTrue(state.phase() == Phase.Proposed && state.anyExpelled() && state.attempt() == 15, "proposed");
        assertEq(state.deadline(), deadline / 2);
        assertEq(state.withAttempt(3).attempt(), 3);
        bool idle = state.isIdle(place);
        assertTrue(state.withIdle(place, !idle).isIdle(place) != idle, "idle");
        for (uint256 i = 0; i < 32; ++i) assertTrue(state.isIdle(i) == before.isIdle(i), "idle before");
        RoundState accepted = state.inPhase(Phase.Accepted).withAccepted(before.accepted() + 1);
        assertTrue(accepted.phase() == Phase.Accepted && !accepted.inFlight(), "accepted");
        assertEq(uint256(accepted.accepted()), uint256(before.accepted()) + 1);
        assertEq(accepted.withAccepted(7).accepted(), 7);
        state = state.inPhase(Phase.Invalid);
        assertTrue(state.phase() == Phase.Invalid && !state.inFlight(), "invalid");
        assertEq(state.enrolled(), enrolled);
        assertEq(state.drawn() + uint256(state.aggregators()), 96);
        assertEq(state.committed(), slots);
        assertEq(state.totalWeight(), Bitmap.count(slots) * weight);
        assertEq(
            RoundState.unwrap(accepted.withAccepted(before.accepted())) & ~uint256(7),
            RoundState.unwrap(state) & ~uint256(7)
        );
    }

    // WeightedMean

    /// @dev Against the formula in plain Solidity, one lane at a time; the TypeScript rule is the other twin.
    function test_weightedMean_isTheFormula(int32[8] memory lanes, uint32[7] memory weights, uint32 rate) public view {
        bytes memory updates;
        uint32[] memory given = new uint32[](7);
        int256 total;
        int256 sum;
        for (uint256 k = 0; k < 7; ++k) {
            given[k] = uint32(bound(weights[k], 1, type(uint32).max));
            total += int256(uint256(given[k]));
            sum += int256(uint256(given[k])) * lanes[k];
            updates = bytes.concat(updates, _chunkOf(lanes[k]));
        }
        rate = uint32(bound(rate, 1, 1 << 20));
        int256 dividend = sum * int256(uint256(rate));
        int256 divisor = total * 65_536;
        int256 change = dividend >= 0 ? dividend / divisor : -((-dividend + divisor - 1) / divisor);
        int256 expected = lanes[7] + change;
        if (expected > type(int32).max) expected = type(int32).max;
        if (expected < type(int32).min) expected = type(int32).min;
        bytes memory result = harness.weightedMean(_chunkOf(lanes[7]), updates, given, rate);
        assertEq(keccak256(result), keccak256(_chunkOf(int32(expected))));
    }

    // TrimmedMean

    /// @dev Against the definition in plain Solidity, a sort of one lane's values; the TypeScript rule is the other
    /// twin.
    function test_trimmedMean_isTheDefinition(
        int32[10] memory lanes,
        uint256 count,
        uint256 trim,
        uint32 rate,
        bool ties
    ) public view {
        count = bound(count, 1, 9);
        trim = bound(trim, 0, (count - 1) / 2);
        rate = uint32(bound(rate, 1, 1 << 20));
        bytes memory updates;
        for (uint256 k = 0; k < count; ++k) {
            if (ties) lanes[k] %= 3;
            updates = bytes.concat(updates, _chunkOf(lanes[k]));
        }
        _sort(lanes, count);
        int256 sum;
        for (uint256 k = trim; k < count - trim; ++k) {
            sum += lanes[k];
        }
        bytes memory expected = _chunkOf(_moved(lanes[9], sum * int256(uint256(rate)), (count - 2 * trim) * 65_536));
        bytes memory bounds = bytes.concat(_chunkOf(lanes[trim]), _chunkOf(lanes[count - 1 - trim]));
        bytes memory result = harness.trimmedMean(_chunkOf(lanes[9]), updates, trim, bounds, rate);
        assertEq(keccak256(result), keccak256(expected));
    }

    /// @dev The bounds of any values but the right ones, one lane being wrong and the others right.
    function test_trimmedMean_refusesOtherBounds(
        int32[10] memory lanes,
        uint256 trim,
        int32 other,
        uint256 place
    ) public {
        trim = bound(trim, 0, 4);
        place = bound(place, 0, 127);
        bytes memory updates;
        for (uint256 k = 0; k < 9; ++k) {
            updates = bytes.concat(updates, _chunkOf(lanes[k]));
        }
        _sort(lanes, 9);
        int32 right = place < 64 ? lanes[trim] : lanes[8 - trim];
        vm.assume(other != right);
        bytes memory bounds = bytes.concat(_chunkOf(lanes[trim]), _chunkOf(lanes[8 - trim]));
        bytes memory wrong = _chunkOf(other);
        for (uint256 i = 0; i < 4; ++i) {
            bounds[4 * place + i] = wrong[i];
        }
        vm.expectRevert(TrimmedMean.WrongBounds.selector);
        harness.trimmedMean(_chunkOf(0), updates, trim, bounds, 65_536);
    }

    // ChunkTree

    /// @dev Small trees built here node by node: a proof of each chunk holds, at its own index only.
    function test_chunkTree_provesEachChunkAtItsIndexOnly(uint256 seed, uint256 parameterCount) public view {
        parameterCount = bound(parameterCount, 1, 64 * 9);
        uint256 count = harness.chunkCount(parameterCount);
        uint256 width = 1;
        while (width < count) width *= 2;
        bytes[] memory chunks = new bytes[](count);
        bytes32[] memory nodes = new bytes32[](2 * width);
        for (uint256 i = 0; i < count; ++i) {
            chunks[i] = _chunkFor(seed, parameterCount, i);
            nodes[width + i] = keccak256(abi.encodePacked(uint8(0), uint32(i), chunks[i]));
        }
        for (uint256 i = width - 1; i > 0; --i) {
            nodes[i] = keccak256(abi.encodePacked(uint8(1), nodes[2 * i], nodes[2 * i + 1]));
        }
        bytes32 root = keccak256(abi.encodePacked(uint8(2), uint32(parameterCount), nodes[1]));
        uint256 depth;
        while (1 << depth < width) ++depth;
        for (uint256 i = 0; i < count; ++i) {
            bytes32[] memory siblings = new bytes32[](depth);
            uint256 node = width + i;
            for (uint256 level = 0; level < depth; ++level) {
                siblings[level] = nodes[node ^ 1];
                node /= 2;
            }
            for (uint256 other = 0; other < count; ++other) {
                assertTrue(
                    harness.verify(root, uint32(parameterCount), uint32(other), chunks[i], siblings) == (other == i),
                    "index"
                );
            }
        }
    }

    /// @dev Random bytes, distinct for each index, zero beyond the last lane.
    function _chunkFor(uint256 seed, uint256 parameterCount, uint256 index) private pure returns (bytes memory data) {
        data = new bytes(256);
        for (uint256 i = 0; i < 256; ++i) {
            if (index * 64 + i / 4 < parameterCount) data[i] = keccak256(abi.encode(seed, index, i))[0];
        }
        data[0] = bytes1(uint8(index + 1));
    }

    /// @dev Sorts the first `count`, ascending.
    function _sort(int32[10] memory lanes, uint256 count) private pure {
        for (uint256 i = 1; i < count; ++i) {
            for (uint256 j = i; j > 0 && lanes[j] < lanes[j - 1]; --j) {
                (lanes[j], lanes[j - 1]) = (lanes[j - 1], lanes[j]);
            }
        }
    }

    /// @dev lane + floor(dividend / divisor), saturating.
    function _moved(int256 lane, int256 dividend, uint256 divisor) private pure returns (int32) {
        int256 by = int256(divisor);
        lane += dividend >= 0 ? dividend / by : -((-dividend + by - 1) / by);
        if (lane > type(int32).max) return type(int32).max;
        return lane < type(int32).min ? type(int32).min : int32(lane);
    }

    /// @dev 64 lanes of one value, little-endian.
    function _chunkOf(int32 lane) private pure returns (bytes memory data) {
        uint32 bits = uint32(lane);
        bytes4 bytesOfLane = bytes4((bits << 24) | ((bits & 0xff00) << 8) | ((bits >> 8) & 0xff00) | (bits >> 24));
        data = new bytes(256);
        for (uint256 i = 0; i < 256; ++i) {
            data[i] = bytesOfLane[i % 4];
        }
    }
}
