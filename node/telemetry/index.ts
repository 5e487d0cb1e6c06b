export { createLog, type LogLevel, type LogOptions, logLevels } from "./log.ts";
