// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "./interfaces/IBonds.sol";

/// @title Bonds
/// @notice The ether of aggregators and challengers.
/// @dev Attacks considered:
/// - an aggregator takes its bond out before its lie is proven: the bond is locked at the assignment, before there is
///   a proposal, until the round has ended or another is assigned; only free parts can leave, after UNBONDING_S, which is longer
///   than the challenge window of any task with a bond;
/// - the same bond answers for two rounds: each assignment locks its own amount;
/// - an aggregator challenges itself to save its bond: at least half of it is burnt;
/// - a receiver that reverts blocks a challenge, or calls back into it: challenges move no ether, they credit; payments are
///   pulled, each by its owner, the books first.
abstract contract Bonds is IBonds {
    /// @dev In one slot. 2^96 wei is more ether than exists.
    struct Account {
        uint96 freeWei;
        uint96 lockedWei;
    }

    struct Departure {
        uint96 amountWei;
        uint40 withdrawableFrom;
    }

    /// @dev Longer than the challenge window of any task with a bond (see Tasks).
    uint256 internal constant UNBONDING_S = 14 days;
    /// @dev Of a slashed bond one part in this many is the challenger's.
    uint256 private constant REWARD_DIVISOR = 2;

    /// @inheritdoc IBonds
    uint256 public burntWei;
    /// @inheritdoc IBonds
    mapping(address account => uint256 creditWei) public creditOf;
    mapping(address account => Account) private _accounts;
    mapping(address account => Departure) private _leaving;

    /// @inheritdoc IBonds
    function bond() external payable {
        if (msg.value == 0) revert NoAmount();
        Account storage account = _accounts[msg.sender];
        // no one can send 2^96 wei
        account.freeWei += uint96(msg.value);
        emit Bonded(msg.sender, msg.value, account.freeWei);
    }

    /// @inheritdoc IBonds
    function requestUnbond(uint256 amountWei) external {
        if (amountWei == 0) revert NoAmount();
        Account storage account = _accounts[msg.sender];
        if (amountWei > account.freeWei) revert BondTooSmall(account.freeWei);
        account.freeWei -= uint96(amountWei);
        Departure storage leaving = _leaving[msg.sender];
        leaving.amountWei += uint96(amountWei);
        leaving.withdrawableFrom = uint40(block.timestamp + UNBONDING_S);
        emit Unbonding(msg.sender, amountWei, leaving.amountWei, leaving.withdrawableFrom);
    }

    /// @inheritdoc IBonds
    function withdrawBond() external {
        Departure memory leaving = _leaving[msg.sender];
        if (leaving.amountWei == 0) revert NoAmount();
        if (block.timestamp < leaving.withdrawableFrom) revert StillUnbonding(leaving.withdrawableFrom);
        delete _leaving[msg.sender];
        emit BondWithdrawn(msg.sender, leaving.amountWei);
        _pay(leaving.amountWei);
    }

    /// @inheritdoc IBonds
    function withdrawCredit() external {
        uint256 amountWei = creditOf[msg.sender];
        if (amountWei == 0) revert NoAmount();
        delete creditOf[msg.sender];
        emit CreditWithdrawn(msg.sender, amountWei);
        _pay(amountWei);
    }

    /// @inheritdoc IBonds
    function bondOf(
        address account
    ) external view returns (uint256 freeWei, uint256 lockedWei, uint256 unbondingWei, uint40 withdrawableFrom) {
        Account memory held = _accounts[account];
        Departure memory leaving = _leaving[account];
        return (held.freeWei, held.lockedWei, leaving.amountWei, leaving.withdrawableFrom);
    }

    /// @dev Whether the account can answer for this amount.
    function _covers(address account, uint256 amountWei) internal view returns (bool) {
        return _accounts[account].freeWei >= amountWei;
    }

    /// @dev Only after {_covers}.
    function _lock(uint32 taskId, uint32 round, address account, uint96 amountWei) internal {
        _accounts[account].freeWei -= amountWei;
        _accounts[account].lockedWei += amountWei;
        emit BondLocked(taskId, round, account, amountWei);
    }

    function _release(uint32 taskId, uint32 round, address account, uint96 amountWei) internal {
        _accounts[account].lockedWei -= amountWei;
        _accounts[account].freeWei += amountWei;
        emit BondReleased(taskId, round, account, amountWei);
    }

    /// @dev Takes the locked amount: a part is the caller's credit, the rest is burnt.
    function _slash(uint32 taskId, uint32 round, address account, uint96 amountWei) internal {
        uint256 rewardWei = amountWei / REWARD_DIVISOR;
        _accounts[account].lockedWei -= amountWei;
        creditOf[msg.sender] += rewardWei;
        burntWei += amountWei - rewardWei;
        emit Slashed(taskId, round, account, amountWei, msg.sender, rewardWei);
    }

    function _pay(uint256 amountWei) private {
        (bool paid, ) = msg.sender.call{value: amountWei}("");
        if (!paid) revert PaymentRefused();
    }
}
