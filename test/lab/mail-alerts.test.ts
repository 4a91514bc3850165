/** Alerts by mail: which machine takes them, who sends them, and that their way is expected to be open. */
import { describe, expect, it } from 'vitest';
import { type LabAlert } from '../../src/lab/lab-watch.ts';
import { design } from '../../src/pipeline.ts';
import { watcherSettings } from '../../src/services/watcher.ts';

const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);
const machines = `
  watch: { number: 2, nics: [lan] }
  web: { number: 3, nics: [lan] }`;
const designed = (alert: string, more = '', mail = '{ number: 4, nics: [lan] }') => {
  const text = `lab: office
networks:
  lan: { mode: routed, ipv4: 10.0.1.0/24 }
machines:${machines}
  mail: ${mail}
watch: { by: watch, machines: web, alert: ${alert} }
${more}`;
  const { value, diagnostics } = design({ file: 'lab.yaml', text }, undefined, { random });
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return value;
};
const alertOf = (...given: Parameters<typeof designed>): LabAlert | undefined => designed(...given).lab.watch?.alert;

const toMail = {
  kind: 'mail',
  address: '10.0.1.4',
  port: 25,
  name: 'watch.office.internal',
  from: 'lanwright@watch.office.internal',
  to: ['a@b.example'],
};

describe('mail goes', () => {
  it('to the machine that is named, from the machine that watches', () => {
    expect(alertOf('{ mail: a@b.example, via: mail }')).toEqual(toMail);
    expect(alertOf('{ mail: a@b.example, via: mail, from: c@d.example }')).toEqual({ ...toMail, from: 'c@d.example' });
  });

  it('to an address', () => {
    expect(alertOf('{ mail: [a@b.example], via: 192.0.2.25 }')).toEqual({ ...toMail, address: '192.0.2.25' });
  });

  it('to the mail host of the names, which it is one of', () => {
    expect(alertOf('{ mail: a@b.example }', 'dns: { zone: x.example, servers: web, mail: mail }')).toEqual({
      ...toMail,
      name: 'watch.x.example',
      from: 'lanwright@watch.x.example',
    });
  });

  it('to the machine that serves mail', () => {
    expect(
      alertOf('{ mail: a@b.example }', '', '{ number: 4, kind: vm, image: debian, nics: [lan], services: [mail] }'),
    ).toEqual(toMail);
  });

  it('where it is expected to arrive', () => {
    expect(designed('{ mail: a@b.example, via: mail }').lab.expect).toContainEqual(
      expect.objectContaining({
        from: [{ kind: 'machine', name: 'watch' }],
        to: [{ kind: 'address', family: 4, address: '10.0.1.4' }],
        services: [{ protocol: 'tcp', port: 25 }],
        answer: 'yes',
      }),
    );
  });

  it('as words without spaces to the program that sends it', () => {
    const { lowered } = designed('{ mail: a@b.example, via: mail }');
    const watcher = lowered.state.stacks['watch']?.services.find((service) => service.kind === 'watcher');
    const hex = (text: string): string => Buffer.from(text).toString('hex');
    expect(watcher === undefined ? '' : watcherSettings('watch', watcher)).toContain(
      `mail 0a000104 25 ${[toMail.name, toMail.from, 'a@b.example'].map(hex).join(' ')}\n`,
    );
  });
});
