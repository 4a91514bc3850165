/** A router that lets every guest send mail to the internet. */
import { type StackModel } from '../../reach/model/model.ts';
import { type Flow } from '../../reach/walk.ts';
import { walk } from '../../reach/walker/walk.ts';
import { printIp } from '../../net/address.ts';
import { type Edit } from '../../reach/repair/edit.ts';
import { rulesOf } from '../filters.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { forwards, isDefault, stacksIn } from '../stacks.ts';
import { stackSubject } from '../subject.ts';

const smtp = 25;

const speaksOfMail = ({ stack }: StackModel): boolean =>
  rulesOf(stack).some(({ rule }) =>
    rule.matches.some(
      (match) =>
        match.kind === 'port' &&
        match.protocol === 'tcp' &&
        (match.ports.includes(smtp) || (match.ranges ?? []).some(([first, last]) => first <= smtp && smtp <= last)),
    ),
  );

/** Machines that send by it: they have it for the gateway of their default route. */
const guestsOf = (input: LintInput, router: StackModel): readonly string[] => {
  const own = new Set([...router.interfaces.values()].flatMap(({ addresses }) => addresses.map(printIp)));
  return stacksIn(input).flatMap(({ name, stack }) => {
    const learned = (input.model.facts.routes ?? []).filter((route) => route.stack === name);
    return name !== router.name &&
      [...stack.routes, ...learned].some((route) => isDefault(route) && route.via !== undefined && own.has(route.via))
      ? [name]
      : [];
  });
};

/** A server of the internet that stands for the world, where there is one. */
const mailServer = (input: LintInput): string | undefined => {
  for (const name of input.outside.fixed) {
    const world = input.model.stacks.get(name);
    const loopback = [...(world?.interfaces.values() ?? [])].find(({ it }) => it.kind === 'loopback');
    const server = loopback?.addresses.find(({ family, scope }) => family === 4 && scope === 'global');
    if (server !== undefined) return printIp(server);
  }
  return undefined;
};

/** Mail of all others that gets through by the router. */
const mailBy = (input: LintInput, router: StackModel): readonly Flow[] => {
  const destination = mailServer(input);
  if (destination === undefined) return [];
  return stacksIn(input)
    .filter(({ name }) => name !== router.name)
    .map(({ name }): Flow => ({ from: name, family: 4, destination, protocol: 'tcp', port: smtp }))
    .filter((flow) => {
      const { verdict, forward } = walk(input.model, flow);
      return verdict === 'yes' && forward.some(({ stack }) => stack === router.name);
    });
};

const blocked = (stack: StackModel, uplink: string): readonly Edit[] => {
  const rule = {
    matches: [
      { kind: 'oif' as const, names: [uplink] },
      { kind: 'port' as const, protocol: 'tcp' as const, ports: [smtp] },
    ],
    verdict: { kind: 'reject' as const, with: 'tcp-reset' as const },
    comment: 'outgoing mail is sent by the mail machine only',
  };
  const [known] = (stack.hooks.get('4 forward') ?? []).filter(({ chain }) => chain.type === 'filter');
  const edit: Edit =
    known === undefined
      ? {
          ...{ kind: 'add-chain', stack: stack.name, table: { family: 'inet', name: 'mail' } },
          chain: { name: 'forward', type: 'filter', hook: 'forward', priority: 0, policy: 'accept', rules: [rule] },
        }
      : {
          kind: 'insert-rule',
          stack: stack.name,
          table: { family: known.table.family, name: known.table.name },
          chain: known.chain.name,
          index: 0,
          rule,
        };
  return [edit];
};

export const smtpOpen: LintRule = {
  code: 'smtp-open',
  severity: 'note',
  title: 'a router by which every guest can send mail',
  explanation:
    'One guest that sends spam puts the address of all of them on blacklists. The custom is to let TCP port 25 out from the mail machine only, and before there is a way to the internet at all; clients hand their mail in at ports 587 and 465, where the server asks who they are.',
  find: (input) =>
    stacksIn(input).flatMap((stack): readonly RawFinding[] => {
      if (!forwards(stack, 4) || speaksOfMail(stack)) return [];
      const uplink =
        stack.stack.routes.find((route) => route.family === 4 && isDefault(route))?.dev ??
        input.model.facts.routes?.find((route) => route.stack === stack.name && isDefault(route))?.dev;
      const flows = mailBy(input, stack);
      const guests =
        flows.length > 0
          ? flows.map(({ from }) => from)
          : mailServer(input) === undefined
            ? guestsOf(input, stack)
            : [];
      if (uplink === undefined || guests.length === 0) return [];
      // A router behind another one leaves it to that.
      if (
        guestsOf(input, stack).length > 0 &&
        stacksIn(input).some(
          (other) => other.name !== stack.name && forwards(other, 4) && guestsOf(input, other).includes(stack.name),
        )
      )
        return [];
      return [
        {
          stack: stack.name,
          message: `\`${stack.name}\` lets TCP port 25 out to the internet from ${guests.map((name) => `\`${name}\``).join(', ')}`,
          at: stackSubject(stack.name),
          closes: true,
          asks: flows,
          repair: { words: `refuse it on \`${uplink}\`, but from the mail machine`, edits: blocked(stack, uplink) },
        },
      ];
    }),
};
