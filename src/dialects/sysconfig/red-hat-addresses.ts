/** Addresses and MTU of an ifcfg-* of Red Hat, as ifup-eth and ifup-ipv6 give them. */
import { setSysctl } from '../draft.ts';
import { changeLink, type RunningDraft } from '../shell-commands/running-draft.ts';
import { numberIn } from '../shell-commands/values.ts';
import { assignmentIn, type VariableFile, variableIn } from '../shell-commands/variables.ts';
import { addressIn, giveAddress } from './addresses.ts';
import { type Ifcfg, no, yes } from './red-hat-ports.ts';

/** The number from which on ifup looks for no more addresses: the first above 1 that is missing. */
const addressGap = (file: VariableFile): number => {
  let gap = 2;
  while (variableIn(file, `IPADDR${gap}`) !== undefined) gap += 1;
  return gap;
};

export const addresses4 = (draft: RunningDraft, name: string, label: string | undefined, file: VariableFile): void => {
  const gap = addressGap(file);
  for (const assignment of file.assignments) {
    const suffix = /^IPADDR(\d*)$/.exec(assignment.name)?.[1];
    if (suffix === undefined || assignment.value.trim() === '') continue;
    if (Number(suffix) > gap) {
      const message = `\`${assignment.name}\` does nothing: there is no \`IPADDR${gap}\``;
      draft.tell('ignored', 'address-behind-gap', message, assignment.at);
      continue;
    }
    const address = addressIn(draft, file, assignment, suffix, 'class');
    // initscripts put SCOPE behind `ip addr add`: some name the far end there.
    const far = /(?:^|\s)peer\s+(\S+)/.exec(variableIn(file, 'SCOPE') ?? '')?.[1];
    if (address !== undefined)
      giveAddress(draft, name, label === undefined ? address : { ...address, label }, far, assignment.at);
  }
};

export const addresses6 = (draft: RunningDraft, name: string, file: VariableFile, general = file): void => {
  if (no(variableIn(file, 'IPV6INIT'))) return;
  for (const variable of ['IPV6ADDR', 'IPV6ADDR_SECONDARIES']) {
    const said = assignmentIn(file, variable);
    for (const word of (said?.value ?? '').split(/\s+/).filter(Boolean)) {
      if (said === undefined) continue;
      const address = addressIn(
        draft,
        { ...file, assignments: [] },
        { ...said, value: word.includes('/') ? word : `${word}/64` },
        '',
        'whole',
      );
      if (address !== undefined) giveAddress(draft, name, address, undefined, said.at);
    }
  }
  const autoconf = assignmentIn(file, 'IPV6_AUTOCONF') ?? assignmentIn(general, 'IPV6_AUTOCONF');
  if (autoconf !== undefined && name !== 'lo') {
    const isOn = yes(autoconf.value);
    const forwards = yes(variableIn(file, 'IPV6FORWARDING') ?? variableIn(general, 'IPV6FORWARDING'));
    // Who forwards hears advertisements with 2 only (ip-sysctl.rst of the kernel).
    setSysctl(draft, `net/ipv6/conf/${name}/accept_ra`, isOn ? (forwards ? '2' : '1') : '0', autoconf.at);
    setSysctl(draft, `net/ipv6/conf/${name}/autoconf`, isOn ? '1' : '0', autoconf.at);
  }
};

/** What ifup-ipv6 gives the whole link last; ifup-sit knows no other. */
export const mtu6 = (draft: RunningDraft, { name, file }: Ifcfg): void => {
  const said = assignmentIn(file, 'IPV6_MTU');
  if (said === undefined || said.value.trim() === '' || no(variableIn(file, 'IPV6INIT'))) return;
  const mtuBytes = numberIn(said.value.trim(), 65_535);
  if (mtuBytes === undefined || mtuBytes < 1280)
    draft.tell('error', 'not-an-mtu', `\`${said.value}\` is no MTU of IPv6`, said.at);
  else changeLink(draft, name, { mtuBytes }, said.at);
};

export const tellBesideDhcp = (draft: RunningDraft, { name, file }: Ifcfg): void => {
  const fixed = file.assignments.find(
    ({ name: variable, value }) => /^IPADDR\d*$/.test(variable) && value.trim() !== '',
  );
  if (fixed !== undefined)
    draft.tell(
      'assumed',
      'address-beside-dhcp',
      `\`${name}\` is taken to have \`${fixed.value}\` beside its lease, as NetworkManager has it: ifup leaves it out`,
      fixed.at,
    );
};
