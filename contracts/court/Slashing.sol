// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BondAccount, CLAIM_S, HeldReward} from "../FederationState.sol";
import {RoundSteps} from "../RoundSteps.sol";
import {IBonds} from "../interfaces/IBonds.sol";
import {IRewards} from "../interfaces/IRewards.sol";

/// @title Slashing
/// @notice Takes the bond of whoever was proven wrong.
/// @dev Attack considered: a member challenges itself to save its bond: at least half of it is burnt.
abstract contract Slashing is RoundSteps {
    /// @dev Of a slashed bond one part in this many is the challenger's.
    uint256 private constant REWARD_DIVISOR = 2;

    /// @dev Takes a locked bond: a part is the reward of whoever won the case, the rest is burnt.
    function _slash(
        uint32 taskId,
        uint32 round,
        address account,
        uint256 amountGwei,
        bytes32 caseHash,
        bytes32 salt
    ) internal {
        uint256 rewardGwei = _take(taskId, round, account, amountGwei, msg.sender);
        if (salt != 0 && _reservedBefore(caseHash, salt, block.timestamp)) {
            _credit(caseHash, msg.sender, rewardGwei * GWEI);
        } else {
            // amounts of gwei are 48 bits in a task's rules
            _heldRewards[caseHash] = HeldReward(msg.sender, uint40(block.timestamp), uint48(rewardGwei));
            emit IRewards.RewardHeld(caseHash, msg.sender, rewardGwei * GWEI, uint40(block.timestamp + CLAIM_S));
        }
    }

    /// @dev The same, for a challenger that nobody can have overtaken.
    function _slashFor(
        uint32 taskId,
        uint32 round,
        address account,
        uint256 amountGwei,
        bytes32 caseHash,
        address challenger
    ) internal {
        _credit(caseHash, challenger, _take(taskId, round, account, amountGwei, challenger) * GWEI);
    }

    /// @dev What a challenge or report proves, as {IRewards} says.
    function _caseHash(
        uint32 taskId,
        uint32 round,
        bytes32 subject,
        uint256 kind,
        uint256 index
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(taskId, round, subject, kind, index));
    }

    /// @dev Takes and burns; returns the challenger's part.
    function _take(
        uint32 taskId,
        uint32 round,
        address account,
        uint256 amountGwei,
        address challenger
    ) private returns (uint256 rewardGwei) {
        // half a gwei lost to rounding is burnt with the rest, which is the difference
        // slither-disable-next-line divide-before-multiply
        rewardGwei = amountGwei / REWARD_DIVISOR;
        BondAccount storage held = _accounts[account];
        held.lockedWei -= uint96(amountGwei * GWEI);
        _burntWei += (amountGwei - rewardGwei) * GWEI;
        emit IBonds.Slashed(taskId, round, account, amountGwei * GWEI, challenger, rewardGwei * GWEI);
    }

    function _credit(bytes32 caseHash, address account, uint256 amountWei) internal {
        _credits[account] += amountWei;
        emit IRewards.RewardCredited(caseHash, account, amountWei);
    }

    /// @dev Whether the caller reserved the case in a block before `time`.
    function _reservedBefore(bytes32 caseHash, bytes32 salt, uint256 time) internal view returns (bool) {
        uint256 madeAt = _reservations[keccak256(abi.encode(msg.sender, salt, caseHash))];
        return madeAt != 0 && madeAt < time;
    }
}
