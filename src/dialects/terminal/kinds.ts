/** What an interface is where nothing says it: `ip -d link` does, the other commands leave flags to guess by. */
import { type Interface } from '../../state/network-state.ts';
import { type Place, type Remark } from '../dialect.ts';
import { type Draft, type InterfaceDraft } from './draft.ts';

const isMaster = (name: string, draft: Draft): boolean =>
  [...draft.interfaces.values()].some(({ master }) => master === name);

/** The table of a VRF stands nowhere but in `ip -d link`. */
export const isUntoldVrf = (name: string, draft: Draft): boolean => {
  const it = draft.interfaces.get(name);
  return it?.kind === undefined && it?.hint === 'vrf';
};

export const kindOf = (name: string, it: InterfaceDraft, draft: Draft): Interface['kind'] => {
  if (it.kind !== undefined) return it.kind;
  if (name === 'lo') return 'loopback';
  if (it.hint === 'bond') return 'bond';
  return isMaster(name, draft) ? 'bridge' : 'ethernet';
};

const help = 'paste what `ip -d address` prints';

const assumed = (code: string, message: string, at: Place): Remark => ({ kind: 'assumed', code, message, at, help });

export const kindRemarks = (name: string, it: InterfaceDraft, draft: Draft): readonly Remark[] => {
  if (it.kind !== undefined || name === 'lo') return [];
  switch (it.hint) {
    case 'bond':
      return [assumed('bond-mode', `\`${name}\` is a bond, whose mode is not printed: balance-rr was taken`, it.place)];
    case 'vrf':
      return [
        {
          ...{ kind: 'not-said', code: 'vrf-table', at: it.place, help },
          message: `\`${name}\` is a VRF, whose table is not printed: it is left out`,
        },
      ];
    case 'point-to-point':
      return [
        assumed(
          'unknown-kind',
          `\`${name}\` is a tunnel of a kind that is not printed: it was taken for a NIC`,
          it.place,
        ),
      ];
    case 'above-another':
      return isMaster(name, draft)
        ? []
        : [assumed('unknown-kind', `what \`${name}\` is, is not printed: it was taken for a NIC`, it.place)];
    default:
      return [];
  }
};

/** By the flags of its first line (net_device_flags of the kernel). */
export const hintOf = (flags: readonly string[]): InterfaceDraft['hint'] => {
  if (flags.includes('MASTER')) return flags.includes('NOARP') ? 'vrf' : 'bond';
  return flags.includes('POINTOPOINT') ? 'point-to-point' : undefined;
};
