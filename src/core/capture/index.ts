/**
 * Traffic capture: which packets of a pod go to its proxy, as data. From the settings of istio-iptables comes one rule
 * set, each rule with its reason; everything else is a rendering of it or a reading back.
 *
 *   CaptureConfig ─► planCapture ─► CaptureRules ─┬─► iptables-restore text, nftables transaction, dry-run transcript
 *                                       ▲         └─► simulatePacket ─► PacketPath
 *   iptables-save, nft -j ─► parse ─────┘
 *
 * Absent on purpose: running anything. platform/ runs the commands, apps/capture decides which.
 */

export { ipFamilyOf } from '../ip.ts';
export { type AddressRange, type AddressRanges, separateFamilies } from './address-lists.ts';
export { type CaptureConfig, DEFAULT_CAPTURE_CONFIG, isTproxy, splitList } from './capture-config.ts';
export { captureConfigFromJson, captureConfigToJson } from './capture-json.ts';
export {
  checkCaptureConfig,
  forcedBinaryProblems,
  interfaceNameProblems,
  MAX_OWNER_GROUPS,
  mayNotLoad,
  validateCaptureConfig,
} from './check-config.ts';
export {
  type ApplyDecision,
  type ApplyOptions,
  compareState,
  decideApply,
  type FamilyState,
  type StateVerdict,
} from './compare-state.ts';
export {
  chooseIptables,
  hasRules,
  type IptablesProbe,
  iptablesVersion,
  takesLockFile,
  takesWait,
} from './detect.ts';
export { type IptablesLine, iptablesLines } from './iptables.ts';
export { IPTABLES_FLAGS } from './iptables-flags.ts';
export { type IptablesState, parseIptablesState } from './iptables-state.ts';
export {
  checkCommands,
  GUARDRAILS,
  GUARDRAILS_OFF,
  iptablesCommands,
  renderIptablesRestore,
  renderTranscript,
  restoreText,
  undoCommands,
} from './iptables-text.ts';
export { foreignLeftovers } from './leftovers.ts';
export { ipv6FromAddresses, nameServersOf, uidInPasswd } from './machine.ts';
export { NFT_TABLES, type NftLine, nftRuleCommands, renderNftables, renderNftablesCleanup } from './nftables.ts';
export type { Disposition, Endpoint, Hop, Packet, PacketPath, PodNetwork, Reply, Step } from './packet.ts';
export { parseIptablesSave, policyRules, type SavedRules } from './parse-iptables.ts';
export { parseNftRuleset } from './parse-nftables.ts';
export { renderPathSvg } from './path-svg.ts';
export { dispositionText, type PathStyle, PLAIN, packetText, renderPath } from './path-text.ts';
export { planCapture, possibleRoutes } from './plan.ts';
export {
  type IptablesCall,
  type MachineFacts,
  type RunOptions,
  readIptablesCall,
} from './read-flags.ts';
export { readScriptCall, type ScriptCall } from './read-script.ts';
export { type Recognised, recogniseRules } from './recognise.ts';
export { remedyForText } from './remedy.ts';
export {
  RULE_FORMATS,
  type RuleFormat,
  renderRestoreTexts,
  renderRulesTable,
  rulesJson,
  ruleText,
} from './rule-text.ts';
export * from './rules.ts';
export { planScript, SCRIPT_CLEANUP, type ScriptSettings } from './script-1-0.ts';
export { simulatePacket } from './simulate.ts';
export { splitOwnerGroups } from './split-groups.ts';
