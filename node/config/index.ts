export { defineSetting, parseConfigFile, parseSetting, type Setting, type SettingValue } from "./setting.ts";
export { required, type Settings } from "./setting-values.ts";
export { type SettingName, settings } from "./settings.ts";
