/** One line of text for a step, in the words of iproute2. */
import { type PolicyRule, type Route } from '../state/network-state.ts';
import { type Service } from '../state/service.ts';
import { type InterfaceSettings, type Step } from './plan.ts';

const printRoute = (route: Route): string =>
  [
    route.type === 'unicast' ? '' : `${route.type} `,
    route.to === '0.0.0.0/0' || route.to === '::/0' ? 'default' : route.to,
    route.via === undefined ? '' : ` via ${route.via}`,
    route.dev === undefined ? '' : ` dev ${route.dev}`,
    route.metric === 0 || (route.family === 6 && route.metric === 1024) ? '' : ` metric ${route.metric}`,
    route.source === undefined ? '' : ` src ${route.source}`,
    route.table === 254 ? '' : ` table ${route.table}`,
  ].join('');

const printRule = (rule: PolicyRule): string =>
  `priority ${rule.priority}${rule.from === undefined ? '' : ` from ${rule.from}`}${rule.to === undefined ? '' : ` to ${rule.to}`}${
    rule.iif === undefined ? '' : ` iif ${rule.iif}`
  } lookup ${rule.table}`;

const printService = (service: Service): string => {
  switch (service.kind) {
    case 'dhcp-server':
      return `DHCP server on ${service.interface}, ${service.first} to ${service.last}`;
    case 'dhcp-client':
      return `DHCP client on ${service.interface}`;
    case 'router-advertiser':
      return `router advertisements on ${service.interface}, ${service.prefixes.join(', ')}`;
    case 'responder':
      return `an answer on every TCP and UDP port`;
  }
};

const printSettings = (settings: InterfaceSettings): string =>
  [
    settings.up ? 'up' : 'down',
    `mtu ${settings.mtuBytes}`,
    ...(settings.mac === undefined ? [] : [settings.mac]),
    ...(settings.master === undefined ? [] : [`port of ${settings.master}`]),
    ...(settings.bridge === undefined ? [] : [`stp ${settings.bridge.stp ? 'on' : 'off'}`]),
  ].join(', ');

const printWhat = (step: Step): string => {
  switch (step.kind) {
    case 'add-stack':
    case 'remove-stack':
      return 'network stack';
    case 'set-sysctl':
      return `${step.key.replaceAll('/', '.')} = ${step.to ?? 'the kernel’s default'}`;
    case 'add-bridge':
    case 'remove-bridge':
      return `bridge ${step.name}`;
    case 'add-cable':
    case 'remove-cable':
      return `cable ${step.cable.a.stack} ${step.cable.a.interface} to ${step.cable.b.stack} ${step.cable.b.interface}`;
    case 'set-interface':
      return `${step.name}: ${printSettings(step.to)}`;
    case 'add-address':
    case 'remove-address':
      return `${step.address.address}/${step.address.prefixLength} on ${step.address.label ?? step.name}`;
    case 'add-route':
    case 'remove-route':
      return `route ${printRoute(step.route)}`;
    case 'add-rule':
    case 'remove-rule':
      return `rule ${printRule(step.rule)}`;
    case 'add-proxy':
    case 'remove-proxy':
      return `neighbour proxy for ${step.proxy.address} on ${step.proxy.dev}`;
    case 'set-filter':
      return `packet filter, ${step.to.flatMap((table) => table.chains).reduce((sum, chain) => sum + chain.rules.length, 0)} rules`;
    case 'start-service':
    case 'stop-service':
      return printService(step.service);
  }
};

const sign = (step: Step): '+' | '-' | '~' =>
  /^(add|start)/.test(step.kind) ? '+' : /^(remove|stop)/.test(step.kind) ? '-' : '~';

export const printStep = (step: Step): string => `${sign(step)} ${step.stack}: ${printWhat(step)}`;
