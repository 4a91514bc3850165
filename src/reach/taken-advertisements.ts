/** Which parts of router advertisements an interface takes, by the settings of its stack (ip-sysctl). */
import { type Interface, type Stack } from '../state/network-state.ts';
import { type InterfaceSettings } from './model/model.ts';

export interface Taken {
  readonly makesAddresses: boolean;
  readonly takesDefault: boolean;
  /** Of the prefixes that routers say they lead to (RFC 4191), in bits; -1: it takes none. */
  readonly longestRoute: number;
}

/** What the kernel begins with. */
const usual = {
  ...{ accept_ra: 1, autoconf: 1, accept_ra_defrtr: 1, accept_ra_rtr_pref: 1 },
  // Linux takes no longer prefixes than it is told to.
  accept_ra_rt_info_max_plen: 0,
} as const;

/** Undefined: it takes nothing. */
export const takenOf = (
  { sysctls }: Stack,
  dev: string,
  { kind, master }: Pick<Interface, 'kind' | 'master'>,
  { ipv6, forwarding6 }: Pick<InterfaceSettings, 'ipv6' | 'forwarding6'>,
): Taken | undefined => {
  const settingOf = (name: keyof typeof usual): number =>
    Number(
      [dev, 'default'].map((key) => sysctls[`net/ipv6/conf/${key}/${name}`]).find((value) => value !== undefined) ??
        usual[name],
    );
  // Forwarding stacks take advertisements only where told to in spite of it (accept_ra 2).
  const isListening = settingOf('accept_ra') > (forwarding6 ? 1 : 0);
  if (!ipv6 || master !== undefined || kind === 'loopback' || !isListening) return undefined;
  return {
    makesAddresses: settingOf('autoconf') > 0,
    takesDefault: settingOf('accept_ra_defrtr') > 0,
    longestRoute: settingOf('accept_ra_rtr_pref') > 0 ? settingOf('accept_ra_rt_info_max_plen') : -1,
  };
};
