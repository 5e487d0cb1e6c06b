// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CLAIM_S, HeldReward} from "../FederationState.sol";
import {IRewards} from "../interfaces/IRewards.sol";
import {Bonds} from "./Bonds.sol";
import {Slashing} from "./Slashing.sol";

/// @title Rewards
/// @notice Gives the challenger's part of a slashed bond to whoever reserved the case first, or to the challenger.
/// @dev Attacks considered:
/// - a challenge is copied from the pool of pending transactions and lands first: without a reservation from an earlier block its
///   reward is held, and goes to the one that has it;
/// - reservations are made for everything, without a proof: one names the case, chunk index included, and is bound to its
///   maker; it has to be guessed before the win, at the price of a fresh slot each;
/// - a reservation is copied: it is a hash over the account that made it.
abstract contract Rewards is Bonds, Slashing, IRewards {
    /// @inheritdoc IRewards
    function reserveChallenge(bytes32 reservation) external {
        if (_reservations[reservation] != 0) revert AlreadyReserved();
        _reservations[reservation] = block.timestamp;
        emit Reserved(reservation);
    }

    /// @inheritdoc IRewards
    function claimReward(bytes32 caseHash, bytes32 salt) external {
        HeldReward memory held = _held(caseHash);
        if (!_reservedBefore(caseHash, salt, held.wonAt)) revert NotReserved();
        delete _heldRewards[caseHash];
        _credit(caseHash, msg.sender, held.amountGwei * GWEI);
    }

    /// @inheritdoc IRewards
    function collectReward(bytes32 caseHash) external {
        HeldReward memory held = _held(caseHash);
        if (block.timestamp < held.wonAt + CLAIM_S) revert StillClaimable(held.wonAt + CLAIM_S);
        delete _heldRewards[caseHash];
        _credit(caseHash, held.challenger, held.amountGwei * GWEI);
    }

    function _held(bytes32 caseHash) private view returns (HeldReward memory held) {
        held = _heldRewards[caseHash];
        if (held.challenger == address(0)) revert NoRewardHeld();
    }
}
