// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../../../contracts/interfaces/IBonds.sol";
import {IChallenges} from "../../../contracts/interfaces/IChallenges.sol";
import {IDemands} from "../../../contracts/interfaces/IDemands.sol";
import {IReports} from "../../../contracts/interfaces/IReports.sol";
import {IRewards} from "../../../contracts/interfaces/IRewards.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../../contracts/interfaces/ITasks.sol";
import {Demand, DemandKind, UpdateProof} from "../../../contracts/types/ChallengeTypes.sol";
import {
    Attestation,
    Availability,
    Commitment,
    Phase,
    Proposal,
    RoundInfo,
    SignedCommitment,
    TaskRules
} from "../../../contracts/types/TaskTypes.sol";
import {CourtFixture, Tree} from "./CourtFixture.sol";

/// @title CourtHandler
/// @notice What anybody may try, right or wrong, with the ether of a federation: two tasks with both bonds, the second pipelined.
/// After each call its books must be those of the contract; else, or when something is accepted against the rules, `violation` is set.
contract CourtHandler is CourtFixture {
    uint32 private constant COUNT = 65;
    bytes32 private constant SALT = keccak256("salt");

    /// @notice Why an invariant is broken; empty while none is.
    string public violation;
    /// @notice Accepted calls by selector, to see how far a run gets.
    mapping(bytes4 selector => uint256 times) public accepted;
    uint256 public immutable bondWei;

    address[] private actors;
    Demand[] private demands;
    bytes32[] private cases;
    mapping(uint32 taskId => mapping(uint32 round => Commitment[])) private made;
    mapping(uint32 taskId => mapping(uint32 round => Proposal)) private onRecord;
    mapping(uint32 taskId => mapping(uint32 round => mapping(address participant => bool))) private bad;
    mapping(uint32 taskId => mapping(uint32 round => mapping(address aggregator => bool))) private struck;

    constructor() {
        _deploy(4, 3);
        TaskRules memory rules = _rules();
        rules.parameterCount = COUNT;
        rules.attempts = 3;
        rules.rounds = 60_000;
        rules.maxUpdates = 4;
        bondWei = federation.leastBondWei(COUNT, 4);
        rules.aggregatorBondGwei = uint48(bondWei / 1 gwei);
        rules.participantBondGwei = rules.aggregatorBondGwei;
        for (uint256 i = 0; i < 3; ++i) {
            _bond(aggregators[i], 2 * bondWei);
            actors.push(aggregators[i]);
        }
        for (uint256 i = 0; i < 4; ++i) {
            _bond(participants[i], 2 * bondWei);
            actors.push(participants[i]);
        }
        actors.push(outsider);
        actors.push(vm.addr(0xde));
        _createWithAll(rules);
        rules.pipelined = true;
        _createWithAll(rules);
    }

    // ether

    function bond(uint256 who, uint256 amountWei) external {
        _bond(_actor(who), bound(amountWei, 1, 2 * bondWei));
        _check();
    }

    function unbond(uint256 who, uint256 amountWei) external {
        _try(_actor(who), abi.encodeCall(IBonds.requestUnbond, (bound(amountWei, 0, 2 * bondWei))));
        _check();
    }

    function withdraw(uint256 who) external {
        _try(_actor(who), abi.encodeCall(IBonds.withdrawBond, ()));
        _try(_actor(who), abi.encodeCall(IBonds.withdrawCredit, ()));
        _check();
    }

    // places

    function enrol(uint256 task, uint256 who) external {
        _try(participants[who % 4], abi.encodeCall(ITasks.enrol, (_task(task))));
        _check();
    }

    function leave(uint256 task, uint256 who) external {
        _try(participants[who % 4], abi.encodeCall(ITasks.leaveTask, (_task(task))));
        _check();
    }

    function freePlaces(uint256 task) external {
        _try(outsider, abi.encodeCall(ITasks.freePlaces, (_task(task))));
        _check();
    }

    /// @notice A role is taken and given back.
    function revoke(uint256 who) external {
        bool participant = who % 2 == 0;
        bytes32 role = participant ? federation.PARTICIPANT_ROLE() : federation.AGGREGATOR_ROLE();
        address account = participant ? participants[(who / 2) % 4] : aggregators[(who / 2) % 3];
        federation.revokeRole(role, account);
        federation.grantRole(role, account);
        _check();
    }

    // rounds

    function open(uint256 task) public {
        _openRound(_task(task));
        _check();
    }

    /// @notice Those who have not committed do, of each two bits of `kind` the first says whether, the second whether rightly.
    function commit(uint256 task, uint256 kind) public {
        uint32 taskId = _task(task);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 bits = kind >> (2 * i);
            if (bits % 4 != 3) _commitOne(taskId, i, bits & 2 != 0);
        }
        _check();
    }

    function close(uint256 task) public {
        uint32 taskId = _task(task);
        _try(outsider, abi.encodeCall(IRounds.closeRound, (taskId, _round(taskId))));
        _check();
    }

    /// @notice A proposal with everything, without slot 0, without what was withheld, or with a wrong weight; a model that nobody has.
    function propose(uint256 task, uint256 older, uint256 kind) public {
        uint32 taskId = _task(task);
        uint32 round = _roundOf(taskId, older);
        RoundInfo memory info = federation.roundInfo(taskId, round);
        if (info.phase != Phase.Aggregating) return;
        if (struck[taskId][round][info.assigned]) violation = "a liar was assigned again";
        uint64 excluded = info.withheld;
        if (kind % 3 == 1) excluded |= 1;
        Proposal memory proposal = _proposalFor(taskId, round, excluded & info.committed);
        if (kind % 9 == 1) --proposal.totalWeight;
        proposal.modelRoot = kind % 5 == 0 ? keccak256("nobody has it") : _model(round).root;
        Availability[] memory none = new Availability[](0);
        if (_try(info.assigned, abi.encodeCall(IRounds.propose, (taskId, round, proposal, none)))) {
            onRecord[taskId][round] = proposal;
        }
        _check();
    }

    function finalizeByTime(uint256 task, uint256 older) public {
        uint32 taskId = _task(task);
        uint32 round = _roundOf(taskId, older);
        Proposal memory proposal = onRecord[taskId][round];
        _try(outsider, abi.encodeCall(IRounds.finalizeUnchallenged, (taskId, round, proposal)));
        _check();
    }

    function finalizeByQuorum(uint256 task, uint256 older) public {
        uint32 taskId = _task(task);
        uint32 round = _roundOf(taskId, older);
        if (federation.roundInfo(taskId, round).phase != Phase.Proposed) return;
        Attestation[] memory attestations = new Attestation[](2);
        attestations[0] = _attestationFor(taskId, round, keys[older % 3]);
        attestations[1] = _attestationFor(taskId, round, keys[3]);
        Proposal memory proposal = onRecord[taskId][round];
        _try(outsider, abi.encodeCall(IRounds.finalize, (taskId, round, proposal, attestations)));
        _check();
    }

    function reassign(uint256 task, uint256 older) public {
        uint32 taskId = _task(task);
        _try(outsider, abi.encodeCall(IRounds.reassign, (taskId, _roundOf(taskId, older))));
        _check();
    }

    /// @notice The next step of a task's rounds.
    function step(uint256 task, uint256 kind) external {
        uint32 taskId = _task(task);
        Phase phase = federation.roundInfo(taskId, 0).phase;
        if (phase == Phase.Open) {
            commit(task, kind % 3 == 0 ? kind / 3 : 0);
            wait(601);
            close(task);
        } else if (phase == Phase.Aggregating) {
            propose(task, 0, kind);
        } else if (
            phase == Phase.Proposed || federation.roundInfo(taskId, _roundOf(taskId, 1)).phase != Phase.Proposed
        ) {
            propose(task, 1, kind);
            open(task);
        } else {
            open(task);
        }
        _check();
    }

    function wait(uint256 seconds_) public {
        vm.warp(block.timestamp + bound(seconds_, 1, seconds_ % 8 == 0 ? 15 days : 1000));
    }

    // wrongs

    /// @notice Reserves the case of a wrong weight, or of the first misconduct, before it is won.
    function reserve(uint256 task, uint256 older, uint256 who) external {
        uint32 taskId = _task(task);
        uint32 round = _roundOf(taskId, older);
        bytes32 caseHash = _caseHash(taskId, round, federation.roundInfo(taskId, round).proposalHash, 2, 0);
        bytes32 reservation = keccak256(abi.encode(_actor(who), SALT, caseHash));
        _try(outsider, abi.encodeCall(IRewards.reserveChallenge, (reservation)));
        _check();
    }

    function challengeWeight(uint256 task, uint256 older, uint256 who) external {
        uint32 taskId = _task(task);
        uint32 round = _roundOf(taskId, older);
        bytes32 proposalHash = federation.roundInfo(taskId, round).proposalHash;
        Proposal memory proposal = onRecord[taskId][round];
        Commitment[] memory commitments = made[taskId][round];
        bytes32 salt = who % 2 == 0 ? SALT : bytes32(0);
        bytes memory call = abi.encodeCall(IChallenges.challengeWeight, (taskId, round, proposal, commitments, salt));
        if (!_try(_actor(who), call)) return;
        if (_weight(commitments, proposal.excluded) == proposal.totalWeight)
            violation = "an honest proposal was struck";
        struck[taskId][round][proposal.aggregator] = true;
        cases.push(_caseHash(taskId, round, proposalHash, 2, 0));
        _check();
    }

    function challengeExclusion(uint256 task, uint256 older, uint256 who) external {
        uint32 taskId = _task(task);
        uint32 round = _roundOf(taskId, older);
        bytes32 proposalHash = federation.roundInfo(taskId, round).proposalHash;
        Proposal memory proposal = onRecord[taskId][round];
        Commitment[] memory commitments = made[taskId][round];
        if (commitments.length == 0 || proposal.aggregator == address(0)) return;
        uint256 position = who % commitments.length;
        Commitment memory left = commitments[position];
        (bytes32 r, bytes32 vs) = _custody(taskId, round, proposal.aggregator, left);
        bytes memory call = abi.encodeCall(
            IChallenges.challengeExclusion,
            (taskId, round, proposal, commitments, uint32(position), r, vs, 0)
        );
        if (!_try(_actor(who), call)) return;
        if ((proposal.excluded >> left.slot) & 1 == 0) violation = "struck for what it includes";
        struck[taskId][round][proposal.aggregator] = true;
        cases.push(_caseHash(taskId, round, proposalHash, 3, left.slot));
        _check();
    }

    function reportUpdate(uint256 task, uint256 older, uint256 who) external {
        uint32 taskId = _task(task);
        uint32 round = _roundOf(taskId, older);
        Commitment[] memory commitments = made[taskId][round];
        if (commitments.length == 0) return;
        uint256 position = who % commitments.length;
        address account = commitments[position].participant;
        UpdateProof memory proof = _updateProof(position, _indexOf(account), bad[taskId][round][account]);
        bytes memory call = abi.encodeCall(IReports.reportUpdate, (taskId, round, commitments, proof, 0));
        if (!_try(_actor(who), call)) return;
        if (!bad[taskId][round][account]) violation = "expelled for a sound update";
        _reported(taskId, round, account, 128);
    }

    function reportEquivocation(uint256 task, uint256 round_, uint256 who) external {
        // rarely, as an expelled one stays out
        if (who % 5 != 0) return;
        uint32 taskId = _task(task);
        uint32 round = uint32(round_ % 8);
        bytes32 base = keccak256("any base");
        SignedCommitment memory one = _signedOver(taskId, round, base, who, 1);
        SignedCommitment memory other = _signedOver(taskId, round, base, who, 1 + (round_ % 2));
        bytes memory call = abi.encodeCall(IReports.reportEquivocation, (taskId, round, base, one, other, 0));
        if (!_try(_actor(who / 4), call)) return;
        if (round_ % 2 == 0) violation = "expelled for one word";
        _reported(taskId, round, participants[who % 4], 129);
    }

    function reportWithheld(uint256 task, uint256 older, uint256 who) external {
        uint32 taskId = _task(task);
        uint32 round = _roundOf(taskId, older);
        Commitment[] memory commitments = made[taskId][round];
        if (commitments.length == 0) return;
        uint256 position = who % commitments.length;
        Commitment memory one = commitments[position];
        Proposal memory proposal = onRecord[taskId][round];
        bytes memory call = abi.encodeCall(
            IReports.reportWithheld,
            (taskId, round, proposal, commitments, uint32(position), 0)
        );
        if (!_try(_actor(who), call)) return;
        if ((federation.roundInfo(taskId, round).withheld >> one.slot) & 1 == 0)
            violation = "expelled without a reason";
        _reported(taskId, round, one.participant, 130);
    }

    // demands

    function demand(uint256 task, uint256 older, uint256 which) external {
        uint32 taskId = _task(task);
        uint32 round = _roundOf(taskId, older);
        if (federation.roundInfo(taskId, round).phase != Phase.Proposed) return;
        if (which % 2 == 0) _demandOfModel(taskId, round, which / 2);
        else _demandOfUpdate(taskId, round, which / 2);
        _check();
    }

    function answer(uint256 which, uint256 who) external {
        if (demands.length == 0) return;
        Demand memory one = demands[which % demands.length];
        if (one.kind == DemandKind.ModelNodes) {
            bytes32[] memory nodes = _nodes(_model(one.round), one.place, one.index);
            _try(_actor(who), abi.encodeCall(IDemands.answerNodes, (one, nodes)));
        } else {
            Commitment[] memory commitments = made[one.taskId][one.round];
            for (uint256 i = 0; i < commitments.length; ++i) {
                if (commitments[i].slot != one.place) continue;
                _answerOf(one, commitments[i].participant, _actor(who));
            }
        }
        _check();
    }

    function strike(uint256 which, uint256 who) external {
        if (demands.length == 0) return;
        Demand memory one = demands[which % demands.length];
        Proposal memory proposal = onRecord[one.taskId][one.round];
        if (_try(_actor(who), abi.encodeCall(IDemands.strikeUnanswered, (one, proposal)))) {
            struck[one.taskId][one.round][proposal.aggregator] = true;
        }
        _check();
    }

    function giveBack(uint256 which, uint256 who) external {
        if (demands.length == 0) return;
        _try(_actor(who), abi.encodeCall(IDemands.returnDemand, (demands[which % demands.length])));
        _check();
    }

    // rewards

    function claim(uint256 which, uint256 who) external {
        if (cases.length == 0) return;
        _try(_actor(who), abi.encodeCall(IRewards.claimReward, (cases[which % cases.length], SALT)));
        _check();
    }

    function collect(uint256 which) external {
        if (cases.length == 0) return;
        _try(outsider, abi.encodeCall(IRewards.collectReward, (cases[which % cases.length])));
        _check();
    }

    /// @notice Whatever happened before, time ends every round, and everyone's bond is free after leaving.
    function drain(uint256 seed) external {
        if (seed % 4 != 0) return;
        for (uint256 i = 0; i < 3; ++i) _bond(aggregators[i], 2 * bondWei);
        for (uint32 taskId = 1; taskId <= 2; ++taskId) {
            for (uint256 i = 0; i < 4; ++i) _try(participants[i], abi.encodeCall(ITasks.leaveTask, (taskId)));
            for (uint256 i = 0; i < 12; ++i) _drainOnce(taskId);
            if (_running(taskId, 0) || _running(taskId, 1)) violation = "a round does not end";
            _try(outsider, abi.encodeCall(ITasks.freePlaces, (taskId)));
        }
        for (uint256 i = 0; i < actors.length; ++i) {
            (, uint256 lockedWei, , ) = federation.bondOf(actors[i]);
            if (lockedWei != 0) violation = "locked for ever";
        }
        _check();
    }

    // books

    function _check() private {
        uint256 held = federation.burntWei();
        uint256 locked;
        for (uint256 i = 0; i < actors.length; ++i) {
            (uint256 freeWei, uint256 lockedWei, uint256 unbondingWei, ) = federation.bondOf(actors[i]);
            held += freeWei + lockedWei + unbondingWei + federation.creditOf(actors[i]);
            locked += lockedWei;
        }
        for (uint256 i = 0; i < cases.length; ++i) {
            (, uint256 amountWei, ) = federation.heldReward(cases[i]);
            held += amountWei;
        }
        for (uint256 i = 0; i < demands.length; ++i) {
            if (_isOpen(demands[i])) held += federation.demandBondWei(demands[i].kind);
        }
        if (held != address(federation).balance) violation = "the balance is not the sum";
        for (uint32 taskId = 1; taskId <= 2; ++taskId) {
            locked -= _checkRound(taskId, 0) + _checkRound(taskId, 1);
            for (uint256 i = 0; i < 4; ++i) {
                (, , , , bool bonded, ) = federation.enrolment(taskId, participants[i]);
                if (bonded) locked -= bondWei;
            }
        }
        if (locked != 0) violation = "more is locked than answers";
    }

    /// @dev What is locked for the round; its open demands are those that stand against its proposal.
    function _checkRound(uint32 taskId, uint256 older) private returns (uint256) {
        uint32 round = _roundOf(taskId, older);
        if (older == 1 && round == _round(taskId)) return 0;
        RoundInfo memory info = federation.roundInfo(taskId, round);
        if (info.phase != Phase.Aggregating && info.phase != Phase.Proposed) return 0;
        uint256 standing;
        for (uint256 i = 0; i < demands.length; ++i) {
            if (demands[i].taskId != taskId || demands[i].proposalHash != info.proposalHash) continue;
            if (_isOpen(demands[i])) ++standing;
        }
        if (standing != info.openDemands) violation = "the open demands are not those on record";
        return bondWei;
    }

    function _isOpen(Demand memory one) private view returns (bool) {
        (address by, ) = federation.openDemand(keccak256(abi.encode(one)));
        return by != address(0);
    }

    // steps

    function _try(address sender, bytes memory call) private returns (bool) {
        return _tryWith(sender, call, 0);
    }

    function _tryWith(address sender, bytes memory call, uint256 valueWei) private returns (bool ok) {
        if (valueWei != 0) vm.deal(sender, sender.balance + valueWei);
        vm.prank(sender);
        (ok, ) = address(federation).call{value: valueWei}(call);
        if (ok) ++accepted[bytes4(call)];
    }

    function _openRound(uint32 taskId) private {
        vm.prank(outsider, outsider);
        (bool ok, ) = address(federation).call(abi.encodeCall(IRounds.openRound, (taskId)));
        if (ok) ++accepted[IRounds.openRound.selector];
    }

    function _commitOne(uint32 taskId, uint256 i, bool badly) private {
        uint32 round = _round(taskId);
        if (federation.roundInfo(taskId, 0).phase != Phase.Open) return;
        address account = participants[i];
        (uint8 slot, ) = federation.slotOf(taskId, account);
        bytes32 root = _bound(account, _updateTree(i, badly).root);
        bytes32 contentId = keccak256(abi.encode("blob", i));
        bytes memory call = abi.encodeCall(IRounds.commit, (taskId, round, _base(taskId), root, contentId, 10));
        if (!_try(account, call)) return;
        made[taskId][round].push(Commitment(account, slot, 10, root, contentId));
        bad[taskId][round][account] = badly;
    }

    function _demandOfModel(uint32 taskId, uint32 round, uint256 which) private {
        Demand memory one = Demand(
            taskId,
            round,
            federation.roundInfo(taskId, round).proposalHash,
            DemandKind.ModelNodes,
            uint8(which % 2),
            which % 2 == 0 ? uint32((which / 2) % 2) : 0,
            0
        );
        Proposal memory proposal = onRecord[taskId][round];
        Tree memory model = _model(round);
        one.root = one.place == 1 ? proposal.modelRoot : model.rows[0][one.index];
        bytes32[] memory path = _path(model, one.place, one.index);
        _demanded(one, which, abi.encodeCall(IDemands.demandNodes, (one, proposal, path)));
    }

    function _demandOfUpdate(uint32 taskId, uint32 round, uint256 which) private {
        Commitment[] memory commitments = made[taskId][round];
        uint256 position = which % commitments.length;
        Demand memory one = Demand(
            taskId,
            round,
            federation.roundInfo(taskId, round).proposalHash,
            DemandKind.UpdateChunk,
            commitments[position].slot,
            uint32((which / 4) % 2),
            commitments[position].updateRoot
        );
        Proposal memory proposal = onRecord[taskId][round];
        _demanded(one, which, abi.encodeCall(IDemands.demandChunk, (one, proposal, commitments, uint32(position))));
    }

    function _answerOf(Demand memory one, address account, address shower) private {
        uint256 i = _indexOf(account);
        bool badly = bad[one.taskId][one.round][account];
        bytes memory chunk = one.index == 0 ? _firstChunk(i, badly) : _chunk(COUNT, UPDATE_SEED + i, 1);
        bytes32[] memory path = _path(_updateTree(i, badly), 0, one.index);
        _try(shower, abi.encodeCall(IDemands.answerChunk, (one, account, chunk, path)));
    }

    function _demanded(Demand memory one, uint256 who, bytes memory call) private {
        if (_tryWith(_actor(who), call, federation.demandBondWei(one.kind))) demands.push(one);
    }

    function _reported(uint32 taskId, uint32 round, address account, uint256 kind) private {
        (, , , , , bool expelled) = federation.enrolment(taskId, account);
        if (!expelled) violation = "reported and not expelled";
        cases.push(_caseHash(taskId, round, bytes32(uint256(uint160(account))), kind, 0));
        _check();
    }

    function _drainOnce(uint32 taskId) private {
        vm.warp(block.timestamp + 2000);
        for (uint256 i = 0; i < demands.length; ++i) {
            Proposal memory accused = onRecord[demands[i].taskId][demands[i].round];
            if (_try(outsider, abi.encodeCall(IDemands.strikeUnanswered, (demands[i], accused)))) {
                struck[demands[i].taskId][demands[i].round][accused.aggregator] = true;
            }
        }
        for (uint256 older = 2; older != 0; --older) {
            uint32 round = _roundOf(taskId, older - 1);
            Proposal memory proposal = onRecord[taskId][round];
            _try(outsider, abi.encodeCall(IRounds.closeRound, (taskId, round)));
            _try(outsider, abi.encodeCall(IRounds.finalizeUnchallenged, (taskId, round, proposal)));
            _try(outsider, abi.encodeCall(IRounds.reassign, (taskId, round)));
        }
    }

    function _running(uint32 taskId, uint256 older) private view returns (bool) {
        Phase phase = federation.roundInfo(taskId, _roundOf(taskId, older)).phase;
        return phase == Phase.Open || phase == Phase.Aggregating || phase == Phase.Proposed;
    }

    function _task(uint256 task) private pure returns (uint32) {
        return uint32(1 + (task % 2));
    }

    /// @dev The newest round, or for odd `older` the one before it, where there is one.
    function _roundOf(uint32 taskId, uint256 older) private view returns (uint32 round) {
        round = _round(taskId);
        if (older % 2 == 1 && round > 1) --round;
    }

    function _actor(uint256 who) private view returns (address) {
        return actors[who % actors.length];
    }

    function _indexOf(address account) private view returns (uint256 i) {
        while (participants[i] != account) ++i;
    }

    function _model(uint32 round) private pure returns (Tree memory) {
        return _tree(COUNT, MODEL_SEED + round);
    }

    function _updateTree(uint256 i, bool badly) private pure returns (Tree memory) {
        bytes32[] memory leaves = _leaves(COUNT, UPDATE_SEED + i);
        if (badly) leaves[0] = _leaf(0, _firstChunk(i, true));
        return _treeOf(COUNT, leaves);
    }

    function _firstChunk(uint256 i, bool badly) private pure returns (bytes memory chunk) {
        chunk = _chunk(COUNT, UPDATE_SEED + i, 0);
        if (badly) chunk[3] = 0x70;
    }

    function _updateProof(uint256 position, uint256 i, bool badly) private pure returns (UpdateProof memory) {
        return UpdateProof(uint32(position), 0, _firstChunk(i, badly), _path(_updateTree(i, badly), 0, 0));
    }

    function _weight(Commitment[] memory commitments, uint64 excluded) private pure returns (uint256 weight) {
        for (uint256 i = 0; i < commitments.length; ++i) {
            if ((excluded >> commitments[i].slot) & 1 == 0) weight += commitments[i].weight;
        }
    }

    function _signedOver(
        uint32 taskId,
        uint32 round,
        bytes32 base,
        uint256 who,
        uint256 weight
    ) private view returns (SignedCommitment memory signed) {
        signed = SignedCommitment(uint32(weight), keccak256("update"), keccak256("content"), 0, 0);
        (signed.r, signed.vs) = _sign(keys[who % 4], federation.commitmentDigest(taskId, round, base, signed));
    }
}
