/**
 * The description of an appliance for VirtualBox and VMware: an OVF descriptor (DMTF DSP0243, version 1.1), the manifest of
 * its files, and the order in which the two and the disk stand in one file (OVA).
 */

export interface Described {
  /** The machine, and the stem of its files. */
  readonly name: string;
  /** Of Lanwright, which made it. */
  readonly version: string;
  readonly memoryMebibytes: number;
  /** The disk's file, a stream-optimised VMDK, and its length. */
  readonly diskFile: string;
  readonly fileBytes: number;
  /** What the machine sees. */
  readonly diskBytes: number;
}

/** Numbers of CIM's resource types (CIM_ResourceAllocationSettingData). */
const resource = { processor: 3, memory: 4, ide: 5, ethernet: 10, cd: 15, disk: 17 } as const;

/** Elements of an item stand in the order of their names, as the schema asks for. */
const item = (elements: Readonly<Record<string, string | number>>): string => {
  const lines = Object.entries(elements)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `        <rasd:${name}>${value}</rasd:${name}>`);
  return ['      <Item>', ...lines, '      </Item>'].join('\n');
};

const hardware = ({ memoryMebibytes }: Described): readonly string[] => [
  item({ ElementName: '1 processor', InstanceID: 1, ResourceType: resource.processor, VirtualQuantity: 1 }),
  item({
    AllocationUnits: 'byte * 2^20',
    ElementName: `${memoryMebibytes} MiB of memory`,
    InstanceID: 2,
    ResourceType: resource.memory,
    VirtualQuantity: memoryMebibytes,
  }),
  item({ Address: 0, ElementName: 'IDE 0', InstanceID: 3, ResourceSubType: 'PIIX4', ResourceType: resource.ide }),
  item({ Address: 1, ElementName: 'IDE 1', InstanceID: 4, ResourceSubType: 'PIIX4', ResourceType: resource.ide }),
  item({
    AddressOnParent: 0,
    ElementName: 'disk',
    HostResource: 'ovf:/disk/disk1',
    InstanceID: 5,
    Parent: 3,
    ResourceType: resource.disk,
  }),
  // Empty: for a disk with settings.
  item({
    AddressOnParent: 0,
    AutomaticAllocation: 'false',
    ElementName: 'settings',
    InstanceID: 6,
    Parent: 4,
    ResourceType: resource.cd,
  }),
  item({
    AutomaticAllocation: 'true',
    Connection: 'Bridged',
    ElementName: 'network card',
    InstanceID: 7,
    ResourceSubType: 'E1000',
    ResourceType: resource.ethernet,
  }),
];

export const ovfDescriptor = (described: Described): string => {
  const { name, version, diskFile, fileBytes, diskBytes } = described;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope ovf:version="1.0" xml:lang="en-US"
    xmlns="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
    xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:href="${diskFile}" ovf:id="file1" ovf:size="${fileBytes}"/>
  </References>
  <DiskSection>
    <Info>Its disk, which nothing is written to</Info>
    <Disk ovf:capacity="${diskBytes}" ovf:diskId="disk1" ovf:fileRef="file1"
        ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <NetworkSection>
    <Info>Where its card has to be</Info>
    <Network ovf:name="Bridged">
      <Description>The network that is to have IPv6, by a bridge to a card with a cable</Description>
    </Network>
  </NetworkSection>
  <VirtualSystem ovf:id="${name}">
    <Info>A router that gives IPv6 to a network that has only IPv4</Info>
    <Name>${name}</Name>
    <OperatingSystemSection ovf:id="101">
      <Info>Linux, 64 bits</Info>
      <Description>Linux 64-Bit</Description>
    </OperatingSystemSection>
    <ProductSection>
      <Info>What made it</Info>
      <Product>${name}</Product>
      <Vendor>Lanwright</Vendor>
      <Version>${version}</Version>
    </ProductSection>
    <VirtualHardwareSection>
      <Info>One processor, one disk, one card</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>${name}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-07 virtualbox-2.2</vssd:VirtualSystemType>
      </System>
${hardware(described).join('\n')}
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
};

/** A file and the SHA-256 of what it holds, in hexadecimal. */
export interface Summed {
  readonly file: string;
  readonly sha256: string;
}

export const ovfManifest = (files: readonly Summed[]): string =>
  files.map(({ file, sha256 }) => `SHA256(${file})= ${sha256}\n`).join('');

/** The descriptor comes first and the manifest behind it, so that whoever reads a stream knows what follows. */
export const packageOrder = ({ name, diskFile }: Pick<Described, 'name' | 'diskFile'>): readonly string[] => [
  `${name}.ovf`,
  `${name}.mf`,
  diskFile,
];
