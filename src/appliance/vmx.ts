/** The description of an appliance as VMware keeps it (VMX): beside its disk, which it names. */

export interface VmxMachine {
  readonly name: string;
  readonly memoryMebibytes: number;
  readonly diskFile: string;
}

export const vmxDescription = ({ name, memoryMebibytes, diskFile }: VmxMachine): string => {
  const settings: Readonly<Record<string, string>> = {
    '.encoding': 'UTF-8',
    'config.version': '8',
    'virtualHW.version': '7',
    displayName: name,
    guestOS: 'other26xlinux-64',
    memsize: String(memoryMebibytes),
    numvcpus: '1',
    'pciBridge0.present': 'TRUE',
    'ide0:0.present': 'TRUE',
    'ide0:0.fileName': diskFile,
    // Empty until somebody connects a disk with settings.
    'ide1:0.present': 'TRUE',
    'ide1:0.deviceType': 'cdrom-raw',
    'ide1:0.autodetect': 'TRUE',
    'ide1:0.startConnected': 'FALSE',
    'ethernet0.present': 'TRUE',
    'ethernet0.virtualDev': 'e1000',
    'ethernet0.connectionType': 'bridged',
    'ethernet0.addressType': 'generated',
    'floppy0.present': 'FALSE',
    'powerType.powerOff': 'soft',
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key} = "${value}"\n`)
    .join('');
};
