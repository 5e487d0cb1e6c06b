// The package's door: everything that a program, or the command line, gets of Fedledger. The list is frozen by
// test/unit/api/exports.txt.

import "../system/recent-node.ts";

// what is told of a task, by an audit, and by errors
export {
  type AuditReport,
  decryptionInWords,
  evidenceInWords,
  type Finding,
  type FindingCode,
  findingCodes,
  type ReceiptVerdict,
  type RoundVerdict,
  type Severity,
  type UpdateReceipt,
  type UpdateVerdict,
  type Verdict,
  verifyReceipt,
} from "../audit/index.ts";
export {
  createKeystore,
  type DeployedFederation,
  type DeployStep,
  type EmbeddedChain,
  type EmbeddedChainOptions,
  readKeystoreAccount,
  startEmbeddedChain,
  testAccount,
} from "../chain/index.ts";
// nodes
export type { PolicyRefusal } from "../config/policy-refusals.ts";
export type { PolicyKey, SitePolicy } from "../config/site-policy.ts";
export { etherText, weiOfGwei } from "../core/bytes/ether.ts";
export { toHex } from "../core/bytes/hex.ts";
export { keccak256 } from "../core/bytes/keccak.ts";
export { type ErrorData, FedledgerError, isFedledgerError } from "../core/errors/error.ts";
export { type ErrorCode, type ErrorKind, errorCatalogue, type Fault } from "../core/errors/error-catalogue.ts";
export type { Address, Bytes32, Hex, PeerIdText, RoundNumber, TaskId } from "../core/ids.ts";
export { modeOf } from "../core/modes/mode-of.ts";
export { mayBeMissing } from "../core/modes/share-threshold.ts";
export { foldTask } from "../core/record/fold-task.ts";
export type { TaskEvent } from "../core/record/task-events.ts";
export { finalFromS, hasEnded, type RoundView, type TaskView } from "../core/record/task-view.ts";
export type { Access, Attributes, Member, Mode, ProofKind, Reason, Role, Rule, TaskRules } from "../core/records.ts";
export { attributesText, parsePolicy, policyText } from "../core/task/access.ts";
export {
  canonicalTaskSpec,
  type ModelSpec,
  parseTaskSpec,
  parseTaskSpecJson,
  type TaskSpec,
} from "../core/task/task-spec.ts";
export { formatInvitation, grantKeyOf, type Invitation, parseInvitation } from "../core/words/invitation.ts";
export type {
  BlobOpener,
  BlobStore,
  Chain,
  ChainCall,
  ChainReader,
  EvaluationResult,
  Head,
  KeyedHash,
  KeyedHashes,
  Log,
  PublicMetric,
  Receipt,
  StoredPlace,
  Trainer,
  TrainJob,
  TrainResult,
} from "../ports/index.ts";
export { type Grant, parseGrant } from "../privacy/sealed/grant.ts";
export type { Progress, RecordProgress } from "../rounds/progress/progress.ts";
export { createLog, type LogLevel, type LogOptions } from "../telemetry/index.ts";
export {
  type AnonymityReport,
  type BackendChoice,
  type ColumnReport,
  createModelRunner,
  type Dataset,
  datasetOf,
  type Examples,
  type ModelRunner,
  type TableReport,
  type TaskPreset,
  type TfjsTrainer,
  taskPreset,
} from "../training/index.ts";
// a task audited, a receipt checked
export { type AuditOptions, audit } from "./audits/audit.ts";
export { checkReceipt, createReceipt, type ReceiptOptions } from "./audits/receipts.ts";
export { reportPage } from "./audits/report-page.ts";
export { type Content, type ContentOptions, openContent } from "./content/open-content.ts";
// data
export {
  type DataOptions,
  type DataReport,
  inspectData,
  loadDataset,
  requireTrainable,
} from "./data/inspect-data.ts";
export { createSalt, parseSalt, type Salt } from "./data/salts.ts";
export { bundledNames, type SplitOptions, splitDataset } from "./data/split-dataset.ts";
// invitations
export { readInvitation } from "./invitations/invited.ts";
export { type InvitationOptions, type Invited, makeInvitation } from "./invitations/make-invitation.ts";
// blobs and models
export { modelFiles } from "./models/model-files.ts";
export { type PublicResultsOptions, publicResults } from "./models/public-results.ts";
export { type ModelOptions, type RecordedModel, readModel } from "./models/recorded-model.ts";
export type { AggregatorChoices, ParticipantChoices } from "./nodes/compose.ts";
export {
  type AggregatorOptions,
  type AggregatorTask,
  createAggregator,
  createNode,
  createParticipant,
  createWatcher,
  type FederationNode,
  type MemberNode,
  type MemberNodeOptions,
  type NodeOutcome,
  type ParticipantOptions,
  type ParticipantTask,
  type TrainedTask,
  type WatcherOptions,
} from "./nodes/create-nodes.ts";
export type { TakeTasks } from "./nodes/follow-tasks.ts";
export type { MemberChoices, NodeEvents, NodeOptions, NodeSettings, TaskChoices } from "./nodes/node-options.ts";
export type { TaskWork } from "./nodes/task-work.ts";
export { createTrainer, type LoadTrainerOptions, loadTrainer, type TrainerChoices } from "./nodes/trainers.ts";
// the record
export { type Account, accountOfKey, accountOfKeystore } from "./record/account.ts";
export { chainTimeS, placesOf, type ReleasedBond, releaseBonds, type TaskPlace } from "./record/bonds.ts";
export { type FoundOptions, foundFederation } from "./record/found-federation.ts";
export { addMembers, changedAttributes, type NewMembers } from "./record/members.ts";
export {
  type ChainSide,
  chainSideOf,
  type EndpointOptions,
  type FederationOptions,
  type FinalityOptions,
  isTestChain,
  openFederation,
  openFederationAs,
  requireTestChain,
} from "./record/open-federation.ts";
export { openRecord, type RecordOptions, specOf, type TaskReader, viewOf } from "./record/open-record.ts";
export { type PublicKeys, publicKeysOf } from "./record/public-keys.ts";
// what is sealed to members
export { type CreatedGrant, createGrant, type GrantOptions } from "./sealed/create-grant.ts";
export { type Reader, type ReaderSource, readGrant } from "./sealed/open-sealed.ts";
// this machine
export { checkFederation, checkMachine, type SetupCheck } from "./setup/check-setup.ts";
// tasks
export { policySettings, type TaskAccess, taskAccess } from "./tasks/access-policy.ts";
export { type CreatedTask, createTask, type NewTask } from "./tasks/create-task.ts";
export { type PolicyRole, readSitePolicy, refusalsOf } from "./tasks/hold-policy.ts";
export { chooseTask, type TaskChoice, taskChoiceSettings } from "./tasks/task-choice.ts";
export { privacyText } from "./tasks/task-privacy.ts";
