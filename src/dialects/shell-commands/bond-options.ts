/** Settings of bonds, in the words of ip-link(8), of ifenslave and of BONDING_OPTS: names of the bonding driver's options. */
import { type BondSettings, type Interface } from '../../state/network-state.ts';
import { type Effect, unsaid, wrong } from './effect.ts';
import { isInterfaceName, numberIn } from './values.ts';
import { type Arguments, next } from './options.ts';

/** By number (bonding.txt of the kernel). */
const modes: readonly BondSettings['mode'][] = [
  'balance-rr',
  'active-backup',
  'balance-xor',
  'broadcast',
  '802.3ad',
  'balance-tlb',
  'balance-alb',
];

export const bondMode = (text: string): BondSettings['mode'] | undefined =>
  /^\d$/.test(text) ? modes[Number(text)] : modes.find((mode) => mode === text);

/** Of no consequence for who reaches whom. */
const silent =
  /^(?:updelay|downdelay|use_carrier|ad_select|fail_over_mac|num_grat_arp|num_unsol_na|primary_reselect|min_links|resend_igmp|all_slaves_active|lp_interval|packets_per_slave|tlb_dynamic_lb|peer_notif_delay|ad_actor_.*|ad_user_port_key)$/;

/** One option; `name` with underscores. Undefined where it says nothing that is modelled, but changes nothing either. */
export const withBondOption = (bond: BondSettings, name: string, value: string): BondSettings | Effect => {
  switch (name) {
    case 'mode': {
      const mode = bondMode(value);
      return mode === undefined ? wrong(`\`${value}\` is no mode of a bond`) : { ...bond, mode };
    }
    case 'miimon': {
      const miimonMilliseconds = numberIn(value);
      if (miimonMilliseconds === undefined) return wrong(`\`${value}\` is no number of milliseconds`);
      return { ...bond, miimonMilliseconds };
    }
    case 'primary':
      return isInterfaceName(value) ? { ...bond, primary: value } : wrong(`\`${value}\` is no interface`);
    case 'lacp_rate': {
      const { lacpRate, ...rest } = bond;
      if (value === 'fast' || value === '1') return { ...rest, lacpRate: 'fast' };
      return value === 'slow' || value === '0'
        ? rest
        : wrong(`\`${value}\` is neither fast nor slow (was ${lacpRate ?? 'slow'})`);
    }
    case 'xmit_hash_policy': {
      const { hashPolicy, ...rest } = bond;
      if (value === 'layer2' || value === '0') return rest;
      if (value === 'layer2+3' || value === '2') return { ...rest, hashPolicy: 'layer2+3' };
      if (value === 'layer3+4' || value === '1') return { ...rest, hashPolicy: 'layer3+4' };
      return unsaid(`the hash policy \`${value}\` is not modelled (was ${hashPolicy ?? 'layer2'})`);
    }
    default:
      return silent.test(name) ? bond : unsaid(`\`${name}\` of a bond is not modelled`);
  }
};

export const isEffectOfBond = (value: BondSettings | Effect): value is Effect => 'kind' in value;

export const bondChange = (before: BondSettings, args: Arguments): Partial<Interface> | Effect => {
  let bond = before;
  for (let word = next(args); word !== undefined; word = next(args)) {
    const changed = withBondOption(bond, word, next(args) ?? '');
    if (isEffectOfBond(changed)) return changed;
    bond = changed;
  }
  return { kind: 'bond', bond };
};
