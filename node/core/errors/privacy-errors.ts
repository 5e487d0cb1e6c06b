import { type ErrorKind, infrastructure, peer, user } from "./error-kinds.ts";

/** Errors of sealing, encryption, masks and noise. */
export const privacyErrors = {
  // privacy: sealed messages
  HPKE_KEY_INVALID: peer(
    "{publicKey} is not an encryption key that anything can be sealed to.",
    "The member must register a valid X25519 key.",
  ),
  HPKE_NOT_OPENED: peer(
    "A sealed message of {lengthBytes} bytes does not open: it was changed, or is for another key or purpose.",
    "Its sender is wrong or lying, or the account's encryption key has changed.",
  ),
  // privacy: sealed blobs
  BLOB_SEALED: {
    message: "The blob {contentId} is sealed to the members of its task: {reason}.",
    remedy:
      "Give the keystore of a member who may read it, or have one give you a grant: fedledger grant create --auditor KEY.",
    fault: "user",
    retryable: true,
    exitCode: 4,
  },
  SEAL_BROKEN: peer(
    "The sealed blob {contentId} of {sender} does not open: {reason}.",
    "Its sender is wrong or lying: nobody can read it.",
  ),
  TOO_MANY_READERS: user(
    "A blob cannot be sealed to {actual} readers: 1 to {limit}.",
    "Restrict who may read the task's blobs (access.read of its specification).",
  ),
  // privacy: encrypted updates
  ENCRYPTION_UNAVAILABLE: infrastructure(
    "The encryption library SEAL cannot be loaded: {reason}.",
    "Check that the package node-seal is installed whole, and that there is memory for it.",
  ),
  CIPHERTEXT_INVALID: peer(
    "An encrypted update or sum is not valid: {reason}.",
    "Its participant runs another version, or is wrong or lying: the round cannot use it.",
  ),
  GROUP_KEY_INVALID: peer(
    "The round's group key is not valid: {reason}.",
    "Who dealt it is wrong or lying: the round runs out, the next one has another key.",
  ),
  GROUP_KEY_CHANGED: peer(
    "Another group key was dealt in round {round} than the one that this participant's update is encrypted under.",
    "The chain was reorganised: this participant sits the round out.",
  ),
  SUM_NOT_OPENED: peer(
    "The sum of round {round} is not opened: {reason}.",
    "The round ends without a model, or others open it.",
  ),
  SUM_SET_CHANGED: peer(
    "The sum of round {round} was opened for other updates before: a second one would show their difference.",
    "The chain was reorganised, or somebody lies about it: this participant sits the round out.",
  ),
  // privacy: masks
  MASK_KEY_INVALID: peer(
    "{maskKey} is not a mask key, or the secret key for it is none.",
    "The chain accepts only points of the curve: try another RPC endpoint.",
  ),
  MASK_SHARE_REPLAYED: peer(
    "The share that {to} has of {from} is not one for it in this round: {reason}.",
    "Its sender is wrong or lying, or this account's share key has changed: the other members' shares serve.",
  ),
  MASK_KEY_SWAPPED: peer(
    "The keys of round {round} are not those that were advertised: {reason}.",
    "The RPC endpoint gave a false history: try another one. Nothing is given for this round.",
  ),
  MASK_ALREADY_USED: peer(
    "An update was masked in round {round} already: {reason}.",
    "One update under two sets of masks could be read: this participant waits for the next round.",
  ),
  MASK_NOT_MEMBER: peer(
    "This participant has no part in the opening of round {round}: {reason}.",
    "The RPC endpoint gave a false history: try another one. Nothing is given for this round.",
  ),
  MASK_SET_CHANGED: peer(
    "This node signed the closing {expected} of round {round}; it signs no other, {actual}.",
    "Two sums would show their difference. The RPC endpoint gave a false history, or the chain was reorganised.",
  ),
  MASK_NO_GRANT: peer(
    "In round {round} {account} advertised keys, and shows no grant of the admin's grant key.",
    "The admin gives it one (fedledger invite), or revokes its role. Nothing is masked in this round.",
  ),
  MASK_WORD_FALSE: peer(
    "The keys of {account} in round {round} are not signed by it.",
    "The RPC endpoint gave a false history: try another one. Nothing is masked in this round.",
  ),
  MASK_UNCONFIRMED: user(
    "A masked task is not followed without confirmations: a reorganisation could make this node open two sums.",
    "Leave out --confirmations, or give 1 or more.",
  ),
  MASK_BELOW_THRESHOLD: peer(
    "Round {round} is not opened: {actual} of {of} participants survive, {least} are needed.",
    "Too few updates would hide each other: wait for the next round, with more participants.",
  ),
  MASK_WORDS_MISSING: peer(
    "Round {round} is not opened yet: {actual} others signed this closing, {least} are needed.",
    "They may come; where the members are shown different closings, they never do, and nothing is opened.",
  ),
  MASK_UPDATES_MISSING: peer(
    "Round {round} is not opened yet: {actual} of its {of} masked updates are here.",
    "They may come; a sum that cannot be made is not opened.",
  ),
  MASK_RECORD_BROKEN: {
    message: "What this node wrote down of the masks of round {round} cannot be read.",
    remedy: "Check the node's journal. This participant waits for the next round.",
    fault: "infrastructure",
    retryable: false,
    exitCode: 5,
  },
  // privacy: invitations
  INVALID_INVITATION: user("The invitation cannot be read: {reason}.", "Ask the admin for the file again."),
  NOT_ADMIN: user(
    "{account} is no admin of the federation {federation}: members would be told to believe somebody else.",
    "Make invitations with an admin's account.",
  ),
  INVITATION_MISMATCH: user(
    "The invitation names another {name}: {expected}, not {actual}.",
    "The RPC endpoint shows another chain, or the invitation is for another task: ask the admin.",
  ),
  INVITATION_NEEDED: user(
    "Task {taskId} is masked: who takes part must know from the admin, not from an endpoint, whom to share masks with.",
    "Ask the admin for an invitation (fedledger invite) and give it with --invitation FILE.",
  ),
  INVITATION_NOT_CONTINUED: user(
    "The invitation does not follow from the one that this node had: {reason}.",
    "Ask the admin by another way than you got the file; if it is right, remove {path}.",
  ),
  GRANT_MISSING: user(
    "The invitation has no grant for {account} (epoch {epoch}).",
    "Ask the admin for one: fedledger invite.",
  ),
  GRANT_INVALID: user(
    "{path} is not a grant that can be used: {reason}.",
    "Have a member make it anew: fedledger grant create.",
  ),
  NOTHING_SEALED: user(
    "Task {taskId} needs no grant: {reason}.",
    "Its blobs can be audited without one: fedledger audit.",
  ),
  POLICY_REFUSES: user(
    "This site's policy refuses task {taskId}: {reason}.",
    "Nothing of your data was read. Ask the task's creator for another task, or change the policy file.",
  ),
  // differential privacy
  PRIVACY_BUDGET_TOO_SMALL: user(
    "The privacy budget does not fit the task: {reason}.",
    "Ask for a greater --epsilon, more noise (--noise-multiplier), fewer rounds for each, or fewer local steps.",
  ),
  PRIVACY_RULES_BROKEN: user(
    "The rules of task {taskId} do not keep its promise of privacy: {field} {reason}.",
    "Do not take part; ask the task's creator for a task whose rules and specification agree.",
  ),
  PRIVACY_BUDGET_SPENT: user(
    "Task {taskId}, round {round}: this node has drawn {drawn} updates with noise, as many as epsilon {epsilon} allows.",
    "This participant is done with the task; others can go on.",
  ),
  PRIVACY_DATA_SPENT: user(
    "Task {taskId}, round {round}: with it, all tasks together would have cost these data epsilon {spent} at delta {delta} (by {accountant}), of {epsilon}. {others} updates of other tasks are in the noise ledger {path}.",
    "These data are done with the task. What tasks together may cost them is the site's to say: dataBudget in its policy file (--policy, docs/policy.md).",
  ),
  PRIVACY_LEDGER_UNREADABLE: user(
    "The noise ledger {path} cannot be read: {reason}.",
    "Put it back from a backup. Without it nobody knows what these data have cost: docs/privacy.md says what deleting it means.",
  ),
  PRIVACY_LEDGER_LOST: user(
    "The noise ledger {path} does not know of round {round} of task {taskId}, for which this account drew noise: it is another one, an old copy, or was deleted.",
    "Put the right file back, or name it (--ledger). Without it nobody knows what these data have cost, and this account takes no further part in the task.",
  ),
  PRIVACY_TARGET_UNREACHABLE: user(
    "No amount of noise gives epsilon {epsilon} at delta {delta} for so many rounds.",
    "Ask for a greater epsilon or delta, or for fewer rounds.",
  ),
} as const satisfies Record<string, ErrorKind>;
