"""Flower's SecAgg+ in one process: its own workflow and its own client mod, with a grid in between that only calls functions.

Reads a list of cases from standard input ({parameters, participants, shares, dropped, masking}) and writes a line of JSON for each.
`masking` is how many of the participants really mask; the others answer with a copy of the first one's vector, which costs the server
the same. Where all of them mask, the result is compared with the plain weighted mean.
"""

import copy
import json
import logging
import sys
import time
import warnings
from types import SimpleNamespace

import flwr
import numpy as np
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.app.message_type import MessageType
from flwr.client.mod.secure_aggregation.secaggplus_mod import secaggplus_mod
from flwr.common import Code, FitIns, FitRes, Status, ndarrays_to_parameters
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_CONFIGS, Key, Stage
from flwr.compat.common import recorddict_compat as compat
from flwr.server.compat.legacy_context import LegacyContext
from flwr.server.workflow.constant import MAIN_CONFIGS_RECORD, MAIN_PARAMS_RECORD
from flwr.server.workflow.constant import Key as WorkflowKey
from flwr.server.workflow.secure_aggregation.secaggplus_workflow import SecAggPlusWorkflow, WorkflowState
from flwr.supercore.task_identity import TaskIdentity

TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, 1, 0
logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore")
STAGES = {Stage.SETUP: "keys", Stage.SHARE_KEYS: "shares", Stage.COLLECT_MASKED_VECTORS: "mask", Stage.UNMASK: "answer"}


def update_of(node, parameters):
    return np.random.default_rng(node).uniform(-1, 1, parameters).astype(np.float32)


def examples_of(node):
    return 100 + node


class InProcessGrid:
    """Carries the server's messages to the clients' mods, one after another, and keeps the time and the bytes of each stage."""

    def __init__(self, case):
        self.case = case
        self.contexts = {}
        self.times = {stage: [] for stage in STAGES.values()}
        self.bytes = {stage: [] for stage in STAGES.values()}
        self.first_vector = None
        self.away = 0.0

    def send_and_receive(self, messages, *, timeout=None):
        del timeout
        started = time.process_time()
        # as if it had crossed a wire: the server makes one record for all, and the mod takes things out of it
        replies = [reply for message in messages if (reply := self.answer(copy.deepcopy(message))) is not None]
        self.away += time.process_time() - started
        return replies

    def answer(self, message):
        node = message.metadata.dst_node_id
        stage = STAGES[message.content.config_records[RECORD_KEY_CONFIGS][Key.STAGE]]
        if stage == "mask":
            if node > self.case["participants"] - self.case["dropped"]:
                return None
        context = self.contexts.setdefault(
            node, Context(run_id=1, node_id=node, node_config={}, state=RecordDict(), run_config={})
        )
        trained = RecordDict()
        copied = stage == "mask" and len(self.times["mask"]) >= self.case["masking"]
        if stage == "mask":
            compat_fitres_into(trained, self.fit(node, 1 if copied else self.case["parameters"]))
        started = time.process_time()
        reply = secaggplus_mod(message, context, lambda msg, _: Message(trained, reply_to=msg))
        seconds = time.process_time() - started
        said = reply.content.config_records[RECORD_KEY_CONFIGS]
        if copied:
            # a mask of one parameter brought it to the next stage
            said[Key.MASKED_PARAMETERS] = self.first_vector
            return reply
        self.times[stage].append(seconds)
        self.bytes[stage].append(size_of(said))
        if stage == "mask" and self.first_vector is None:
            self.first_vector = list(said[Key.MASKED_PARAMETERS])
        return reply

    @staticmethod
    def fit(node, count):
        parameters = ndarrays_to_parameters([update_of(node, count)])
        return FitRes(Status(Code.OK, ""), parameters, examples_of(node), {})


def compat_fitres_into(content, fitres):
    record = compat.fitres_to_recorddict(fitres, False)
    for name in ("array_records", "metric_records", "config_records"):
        getattr(content, name).update(getattr(record, name))


def size_of(record):
    total = 0
    for value in record.values():
        for each in value if isinstance(value, list) else [value]:
            total += len(each) if isinstance(each, (bytes, str)) else 8
    return total


def run(case):
    np.random.seed(1)
    nodes = range(1, case["participants"] + 1)
    start = np.zeros(case["parameters"], dtype=np.float32)
    results = []
    strategy = SimpleNamespace(
        configure_fit=lambda server_round, parameters, client_manager: [
            (SimpleNamespace(node_id=node), FitIns(parameters, {})) for node in nodes
        ],
        aggregate_fit=lambda server_round, fits, failures: results.append(fits) or (fits[0][1].parameters, {}),
    )
    manager = SimpleNamespace(num_available=lambda: case["participants"])
    base = Context(run_id=1, node_id=0, node_config={}, state=RecordDict(), run_config={})
    context = LegacyContext(base, strategy=strategy, client_manager=manager)
    context.state.config_records[MAIN_CONFIGS_RECORD] = ConfigRecord({WorkflowKey.CURRENT_ROUND: 1})
    context.state.array_records[MAIN_PARAMS_RECORD] = compat.parameters_to_arrayrecord(
        ndarrays_to_parameters([start]), False
    )
    grid = InProcessGrid(case)
    workflow = SecAggPlusWorkflow(num_shares=case["shares"], reconstruction_threshold=2 / 3)
    state = WorkflowState()
    server = {}
    for name in ("setup_stage", "share_keys_stage", "collect_masked_vectors_stage", "unmask_stage"):
        away = grid.away
        started = time.process_time()
        if not getattr(workflow, name)(grid, context, state):
            raise RuntimeError(f"{name} halted")
        server[name] = time.process_time() - started - (grid.away - away)
    error = None
    alive = case["participants"] - case["dropped"]
    if case["masking"] >= alive:
        weights = np.array([examples_of(node) for node in nodes][:alive], dtype=float)
        plain = sum(w * update_of(n, case["parameters"]) for n, w in zip(nodes, weights)) / weights.sum()
        masked = compat.arrayrecord_to_parameters(context.state.array_records[MAIN_PARAMS_RECORD], True)
        error = float(np.abs(flwr.common.parameters_to_ndarrays(masked)[0] - plain).max())
    return {
        "clientSeconds": {stage: float(np.median(each)) for stage, each in grid.times.items()},
        "clientBytes": {stage: int(np.median(each)) for stage, each in grid.bytes.items()},
        "sumSeconds": server["collect_masked_vectors_stage"],
        "unmaskSeconds": server["unmask_stage"],
        "error": error,
    }


print(json.dumps({"flwr": flwr.__version__, "numpy": np.__version__}), flush=True)
for each in json.load(sys.stdin):
    print(json.dumps(run(each)), flush=True)
