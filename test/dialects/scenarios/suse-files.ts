/** Files of SUSE's sysconfig as its guide has people write them. */

export const sysconfig = 'etc/sysconfig/network';

export const ifcfg = (address: string, ...more: readonly string[]): string =>
  ["STARTMODE='auto'", "BOOTPROTO='static'", ...(address === '' ? [] : [`IPADDR='${address}'`]), ...more, ''].join(
    '\n',
  );

export const bridge = (ports: string): readonly string[] => [
  "BRIDGE='yes'",
  `BRIDGE_PORTS='${ports}'`,
  "BRIDGE_STP='off'",
  "BRIDGE_FORWARDDELAY='0'",
];
