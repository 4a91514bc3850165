/** What `etc/default/ufw` and `etc/ufw/ufw.conf` say, which ufw's start script reads as shell variables (ufw-framework(8)). */
import { type ConfigText } from '../dialect.ts';
import { type Policies, type Policy } from './skeleton.ts';

export interface Settings {
  readonly policies: Policies;
  /** No file says any of the policies. */
  readonly arePoliciesAssumed: boolean;
  /** With `IPV6=no` only loopback is let through. */
  readonly hasIpv6: boolean;
  readonly isEnabled: boolean;
  /** `etc/ufw/sysctl.conf` is set when ufw starts. */
  readonly setsSysctls: boolean;
}

export const sysctlPath = 'etc/ufw/sysctl.conf';

const valueOf = (texts: readonly ConfigText[], key: string): string | undefined =>
  texts
    .flatMap(({ text }) => [...text.matchAll(new RegExp(`^\\s*${key}=(?:"([^"\\n]*)"|'([^'\\n]*)'|([^\\s#]*))`, 'gm'))])
    .map(([, double, single, plain]) => double ?? single ?? plain ?? '')
    .at(-1)
    ?.trim();

export const settingsIn = (texts: readonly ConfigText[]): Settings => {
  const keys = ['DEFAULT_INPUT_POLICY', 'DEFAULT_OUTPUT_POLICY', 'DEFAULT_FORWARD_POLICY'] as const;
  const policyAt = (key: (typeof keys)[number], usual: Policy): Policy => {
    const word = valueOf(texts, key)?.toUpperCase();
    return word === 'ACCEPT' || word === 'DROP' || word === 'REJECT' ? word : usual;
  };
  const isYes = (key: string): boolean => /^(?:yes|YES)$/.test(valueOf(texts, key) ?? 'yes');
  const sysctls = valueOf(texts, 'IPT_SYSCTL');
  return {
    policies: {
      input: policyAt(keys[0], 'DROP'),
      output: policyAt(keys[1], 'ACCEPT'),
      forward: policyAt(keys[2], 'DROP'),
    },
    arePoliciesAssumed: keys.every((key) => valueOf(texts, key) === undefined),
    hasIpv6: isYes('IPV6'),
    isEnabled: isYes('ENABLED'),
    setsSysctls: sysctls === undefined || sysctls === `/${sysctlPath}`,
  };
};
