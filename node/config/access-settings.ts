import { z } from "zod";
import { defineSetting } from "./setting.ts";
import { integer, list } from "./value-schemas.ts";

const policies = {
  join: "who may enrol in the task; enforced by the contract",
  read: "who may read its blobs, among its aggregators and participants; enforced by whoever seals them",
  audit: "who may be granted its blobs for an audit; enforced by whoever seals them",
} as const;

const organisationsOf = <const P extends keyof typeof policies>(policy: P) =>
  defineSetting({
    flag: `--${policy}-organisations <names>`,
    help: `organisations of ${policies[policy]}; separated by commas, any by default`,
    schema: list,
  });
const regionsOf = <const P extends keyof typeof policies>(policy: P) =>
  defineSetting({
    flag: `--${policy}-regions <names>`,
    help: `regions of ${policies[policy]}; separated by commas, any by default`,
    schema: list,
  });
const clearanceOf = <const P extends keyof typeof policies>(policy: P) =>
  defineSetting({
    flag: `--${policy}-clearance <n>`,
    help: `least clearance of ${policies[policy]}; 0 (default) to 255`,
    schema: integer(0, 255),
  });
/** May be empty: nothing is said of it then. */
const name = z.string();

/** Settings of who may do what: attributes of a member, policies of a task. */
export const accessSettings = {
  organisation: defineSetting({
    flag: "--organisation <name>",
    help: 'organisation of the member, at most 32 bytes; "" for none; without it, as it was',
    schema: name,
  }),
  region: defineSetting({
    flag: "--region <name>",
    help: 'region of the member, at most 32 bytes; "" for none; without it, as it was',
    schema: name,
  }),
  clearance: defineSetting({
    flag: "--clearance <n>",
    help: "clearance of the member, 0 to 255; without it, as it was",
    schema: integer(0, 255),
  }),
  joinOrganisations: organisationsOf("join"),
  joinRegions: regionsOf("join"),
  joinClearance: clearanceOf("join"),
  readOrganisations: organisationsOf("read"),
  readRegions: regionsOf("read"),
  readClearance: clearanceOf("read"),
  auditOrganisations: organisationsOf("audit"),
  auditRegions: regionsOf("audit"),
  auditClearance: clearanceOf("audit"),
} as const;
