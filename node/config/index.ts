export { parseConfigFile, parseSetting, type Setting } from "./setting.ts";
export { required, type Settings } from "./setting-values.ts";
export { type SettingName, settings } from "./settings.ts";
export { parseSitePolicy, type SitePolicy } from "./site-policy.ts";
