/** Policy rules as rtnetlink requests (ip-rule(8)). */
import { bytesOf } from '../net/address.ts';
import { prefix, type Prefix } from '../net/prefix.ts';
import { type PolicyRule, type PortRange } from '../state/network-state.ts';
import { NLM_F_CREATE, NLM_F_EXCL, u16, u8, type Attribute, type NetlinkRequest } from './netlink-message.ts';
import { afOf, FIB_RULE_INVERT, FR_ACT_TO_TBL, FRA, ruleActions } from './rtnetlink-numbers.ts';

const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;

const block = (type: number, selected: Prefix | undefined): Attribute[] =>
  selected === undefined || selected.length === 0 ? [] : [[type, bytesOf(selected)]];

/** `struct fib_rule_port_range`. */
const ports = (type: number, range: PortRange | undefined): Attribute[] =>
  range === undefined ? [] : [[type, Buffer.concat([u16(range[0]), u16(range[1])])]];

export const ruleRequest = (verb: 'add' | 'remove', rule: PolicyRule): NetlinkRequest => {
  const to = rule.to === undefined ? undefined : prefix(rule.to);
  const from = rule.from === undefined ? undefined : prefix(rule.from);
  const action = rule.action === undefined ? FR_ACT_TO_TBL : ruleActions[rule.action];
  const table = rule.table < 256 ? rule.table : 0;
  const fixed = Buffer.alloc(12);
  fixed.set([afOf(rule.family), to?.length ?? 0, from?.length ?? 0, 0, table, 0, 0, action]);
  fixed.writeUInt32LE(rule.not === true ? FIB_RULE_INVERT : 0, 8);
  return {
    type: verb === 'add' ? RTM_NEWRULE : RTM_DELRULE,
    flags: verb === 'add' ? NLM_F_CREATE | NLM_F_EXCL : 0,
    fixed,
    attributes: [
      ...block(FRA.destination, to),
      ...block(FRA.source, from),
      ...(rule.iif === undefined ? [] : [[FRA.iifname, rule.iif] as const]),
      ...(rule.oif === undefined ? [] : [[FRA.oifname, rule.oif] as const]),
      ...(rule.mark === undefined ? [] : [[FRA.mark, rule.mark.value] as const, [FRA.mask, rule.mark.mask] as const]),
      ...(rule.protocol === undefined ? [] : [[FRA.protocol, u8(rule.protocol)] as const]),
      ...ports(FRA.sourcePorts, rule.sourcePorts),
      ...ports(FRA.destinationPorts, rule.destinationPorts),
      ...(rule.suppressPrefixLength === undefined
        ? []
        : [[FRA.suppressPrefixLength, rule.suppressPrefixLength] as const]),
      [FRA.priority, rule.priority],
      [FRA.table, rule.table],
    ],
  };
};
