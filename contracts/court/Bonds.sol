// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BondAccount, Departure, UNBONDING_S} from "../FederationState.sol";
import {RoundSteps} from "../RoundSteps.sol";
import {IBonds} from "../interfaces/IBonds.sol";

/// @title Bonds
/// @notice The ether of members and challengers.
/// @dev Attacks considered:
/// - an aggregator takes its bond out before its lie is proven: the bond is locked at the assignment, before there is
///   a proposal, until the round has ended or another is assigned; only free parts can leave, after UNBONDING_S, which is longer
///   than the challenge window of any task with a bond;
/// - the same bond answers for two rounds: each assignment locks its own amount;
/// - an aggregator challenges itself to save its bond: at least half of it is burnt;
/// - a receiver that reverts blocks a challenge, or calls back into it: challenges move no ether, they credit; payments are
///   pulled, each by its owner, the books first.
abstract contract Bonds is RoundSteps, IBonds {
    address private immutable _SELF = address(this);

    /// @inheritdoc IBonds
    function bond() external payable {
        // at the court's own address nobody could ever take it out again; a demand is impossible there anyway, for want of rounds
        if (address(this) == _SELF) revert OnlyInFederation();
        if (msg.value == 0) revert NoAmount();
        BondAccount storage account = _accounts[msg.sender];
        // no one can send 2^96 wei
        account.freeWei += uint96(msg.value);
        emit Bonded(msg.sender, msg.value, account.freeWei);
    }

    /// @inheritdoc IBonds
    function requestUnbond(uint256 amountWei) external {
        if (amountWei == 0) revert NoAmount();
        BondAccount storage account = _accounts[msg.sender];
        if (amountWei > account.freeWei) revert BondTooSmall(account.freeWei);
        account.freeWei -= uint96(amountWei);
        Departure storage leaving = _departures[msg.sender];
        leaving.amountWei += uint96(amountWei);
        leaving.withdrawableFrom = uint40(block.timestamp + UNBONDING_S);
        emit Unbonding(msg.sender, amountWei, leaving.amountWei, leaving.withdrawableFrom);
    }

    /// @inheritdoc IBonds
    function withdrawBond() external {
        Departure memory leaving = _departures[msg.sender];
        // nothing is nothing: no one else can change this amount
        // slither-disable-next-line incorrect-equality
        if (leaving.amountWei == 0) revert NoAmount();
        if (block.timestamp < leaving.withdrawableFrom) revert StillUnbonding(leaving.withdrawableFrom);
        delete _departures[msg.sender];
        emit BondWithdrawn(msg.sender, leaving.amountWei);
        _pay(leaving.amountWei);
    }

    /// @inheritdoc IBonds
    function withdrawCredit() external {
        uint256 amountWei = _credits[msg.sender];
        // as above: a credit that another adds to is worth taking all the same
        // slither-disable-next-line incorrect-equality
        if (amountWei == 0) revert NoAmount();
        delete _credits[msg.sender];
        emit CreditWithdrawn(msg.sender, amountWei);
        _pay(amountWei);
    }

    function _pay(uint256 amountWei) private {
        // the caller takes what is its own: its books were set to zero before
        // slither-disable-next-line arbitrary-send-eth
        (bool paid, ) = msg.sender.call{value: amountWei}("");
        if (!paid) revert PaymentRefused();
    }
}
