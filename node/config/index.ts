export { defineSetting, parseConfigFile, parseSetting, type Setting, type SettingValue } from "./setting.ts";
export { type SettingName, settings } from "./settings.ts";
