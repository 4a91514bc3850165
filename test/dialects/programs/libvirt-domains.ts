/** libvirt's test driver, which takes networks and domains as the others do, and prints what it made of them. */
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { type ProgramBed } from './program-bed.ts';

const nameIn = (text: string): string => /<name>([^<]*)<\/name>/.exec(text)?.[1] ?? '';

/** It has guests of its own type alone, and networks `default` of its own. */
const forTests = ({ path, text }: ConfigText): ConfigText => ({
  path,
  text: text.replace(/<domain type=(["'])(?:kvm|qemu)\1/, '<domain type=$1test$1'),
});

const line = (files: readonly ConfigText[]): string => {
  const sorted = [...files].sort(
    (a, b) => Number(b.path.includes('/networks/')) - Number(a.path.includes('/networks/')),
  );
  const kindOf = ({ path }: ConfigText): 'network' | 'domain' => (path.includes('/networks/') ? 'network' : 'domain');
  const checks = sorted.map((file) => `virt-xml-validate /${file.path} ${kindOf(file)} >&2`);
  const commands = sorted.flatMap((file) => {
    const [define, print] = kindOf(file) === 'network' ? ['net-define', 'net-dumpxml'] : ['define', 'dumpxml'];
    return [`${define} --validate /${file.path}`, `echo '<!-- ${file.path} -->'`, `${print} ${nameIn(file.text)}`];
  });
  return [...checks, `virsh -q -c test:///default "${commands.join('; ')}"`].join('\n');
};

/** The same files as libvirt prints them; throws what it says where it refuses one. */
export const throughLibvirt = async (bed: ProgramBed, files: readonly ConfigText[]): Promise<readonly ConfigText[]> => {
  const own = files.map(forTests);
  const { told } = await bed.ask({ line: line(own), files: own, nics: [] });
  const printed = new Map(
    told
      .split(/<!-- (?=etc\/)/)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf(' -->')), part.slice(part.indexOf(' -->') + 4)] as const),
  );
  return own.map(({ path }) => {
    const text = printed.get(path);
    const document = /<(network|domain)[\s>][^]*<\/\1>/.exec(text ?? '')?.[0];
    if (document === undefined || /^error:/m.test(told)) throw new Error(`${path} is not taken\n${told}`);
    return { path, text: document };
  });
};
