/**
 * The keys of systemd.network(5), systemd.netdev(5) and systemd.link(5): those that become part of a state, and those
 * that systemd knows and a state has no words for. What is in neither list is told as unknown.
 */
import { type FileKind } from './files.ts';

export type SectionName = `${FileKind}:${string}`;

type Keys = Readonly<Record<SectionName, readonly string[] | undefined>>;

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const matches = 'Path Driver Type Kind Property SSID BSSID WLANInterfaceType Host Virtualization KernelCommandLine KernelVersion Credential Architecture Firmware Version'; // prettier-ignore

/** Keys of [Match] by which the model knows interfaces; of the others it knows only that they are there. */
export const namingKeys: readonly string[] = ['Name', 'MACAddress', 'PermanentMACAddress'];

export const saidKeys: Keys = {
  'network:Match': [...namingKeys, ...words(matches)],
  'network:Link': words('MACAddress MTUBytes ActivationPolicy Unmanaged'),
  'network:Network': words(`
    Description DHCP Address Gateway DNS Domains Bridge Bond VRF VLAN MACVLAN VXLAN Tunnel IPForward IPv4Forwarding
    IPv6Forwarding IPMasquerade IPv6AcceptRA IPv6ProxyNDP IPv6ProxyNDPAddress IPv4ProxyARP IPv6SendRA DHCPServer
    LinkLocalAddressing IPv4ReversePathFilter IPv4AcceptLocal IPv4RouteLocalnet PrimarySlave
    ConfigureWithoutCarrier IgnoreCarrierLoss`),
  'network:Address': words('Address Label Peer'),
  'network:Route': words(
    'Gateway GatewayOnLink Destination Metric PreferredSource Table Type MultiPathRoute Scope Protocol NextHop Source',
  ),
  'network:RoutingPolicyRule': words(`
    From To FirewallMark Table Priority IncomingInterface OutgoingInterface SourcePort DestinationPort IPProtocol
    InvertRule Family Type SuppressPrefixLength TypeOfService User SuppressInterfaceGroup L3MasterDevice GoTo`),
  'network:Neighbor': words('Address LinkLayerAddress'),
  'network:Bridge': words('HairPin Isolated Learning UnicastFlood'),
  'network:BridgeVLAN': words('VLAN EgressUntagged PVID'),
  'network:DHCPv4': words('Hostname RouteMetric UseDNS'),
  'network:DHCP': words('Hostname RouteMetric UseDNS'),
  'network:DHCPServer': words('PoolOffset PoolSize EmitRouter Router DefaultLeaseTimeSec RelayTarget ServerAddress'),
  'network:DHCPServerStaticLease': words('MACAddress Address'),
  'network:IPv6SendRA': words('RouterLifetimeSec'),
  'network:IPv6Prefix': words('Prefix'),
  'netdev:NetDev': words('Name Kind MTUBytes MACAddress Description'),
  'netdev:Bridge': words('STP ForwardDelaySec VLANFiltering DefaultPVID'),
  'netdev:Bond': words('Mode MIIMonitorSec LACPTransmitRate TransmitHashPolicy'),
  'netdev:VLAN': words('Id'),
  'netdev:VXLAN': words('VNI Remote Local DestinationPort Independent'),
  'netdev:Tunnel': words('Local Remote TTL IPv6RapidDeploymentPrefix Independent'),
  'netdev:VRF': words('Table TableId'),
  'netdev:MACVLAN': words('Mode'),
  'netdev:WireGuard': words('PrivateKeyFile ListenPort'),
  'netdev:WireGuardPeer': words('PublicKey AllowedIPs Endpoint PersistentKeepalive'),
  'link:Match': words('MACAddress PermanentMACAddress OriginalName'),
  'link:Link': words('Name MACAddress MTUBytes Description'),
};

export const unsaidKeys: Keys = {
  'network:Link': words(`
    ARP Multicast AllMulticast Promiscuous Group RequiredForOnline RequiredFamilyForOnline`),
  'network:Network': words(`
    LLMNR MulticastDNS DNSOverTLS DNSSEC DNSSECNegativeTrustAnchors DNSDefaultRoute NTP LLDP EmitLLDP BindCarrier
    IPv6LinkLocalAddressGenerationMode IPv6StableSecretAddress IPv4LLRoute IPv4LLStartAddress DefaultRouteOnDevice
    IPv6PrivacyExtensions IPv6DuplicateAddressDetection IPv6HopLimit IPv4DuplicateAddressDetectionTimeoutSec IPv6MTUBytes
    KeepMaster BatmanAdvanced MACVTAP IPVLAN IPVTAP MACsec ActiveSlave
    KeepConfiguration IPv6RetransmissionTimeSec MPLSRouting NFTSet DHCPPrefixDelegation IPoIB UseDomains Xfrm L2TP
    DHCPv6PrefixDelegation IPv4LL UplinkInterface`),
  'network:Address': words(`
    Broadcast PreferredLifetime Scope RouteMetric HomeAddress DuplicateAddressDetection ManageTemporaryAddress
    AddPrefixRoute AutoJoin NetLabel NFTSet`),
  'network:Route': words(`
    IPv6Preference HopLimit InitialCongestionWindow InitialAdvertisedReceiveWindow QuickAck FastOpenNoCookie
    MTUBytes TCPAdvertisedMaximumSegmentSize TCPCongestionControlAlgorithm TTLPropagate TCPRetransmissionTimeoutSec`),
  'network:Neighbor': [],
  'network:NextHop': words('Id Gateway Family OnLink Blackhole Group'),
  'network:Bridge': words(`
    MulticastFlood MulticastToUnicast NeighborSuppression UseBPDU FastLeave AllowPortToBeRoot ProxyARP ProxyARPWiFi
    MulticastRouter Cost Priority Locked MACAuthenticationBypass VLANTunnel`),
  'network:BridgeFDB': words('MACAddress Destination VLANId VNI AssociatedWith OutgoingInterface'),
  'network:BridgeMDB': words('MulticastGroupAddress VLANId'),
  'network:IPv6AddressLabel': words('Label Prefix'),
  'network:DHCPv4': words(`
    SendHostname MUDURL ClientIdentifier VendorClassIdentifier UserClass DUIDType DUIDRawData IAID RapidCommit Anonymize
    RequestOptions SendOption SendVendorOption IPServiceType SocketPriority Label UseDNR RoutesToDNS UseNTP RoutesToNTP
    UseSIP UseCaptivePortal UseMTU UseHostname UseDomains UseRoutes RouteTable RouteMTUBytes QuickAck InitialCongestionWindow
    InitialAdvertisedReceiveWindow UseGateway UseTimezone Use6RD IPv6OnlyMode FallbackLeaseLifetimeSec RequestBroadcast
    MaxAttempts ListenPort ServerPort DenyList AllowList SendRelease SendDecline NetLabel NFTSet UseMTU BOOTP`),
  'network:DHCP': words(`
    ClientIdentifier UseNTP UseMTU UseHostname UseDomains UseDomainName UseRoutes SendHostname CriticalConnection
    VendorClassIdentifier UserClass DUIDType DUIDRawData RouteTable UseTimezone IAID RapidCommit ForceDHCPv6PDOtherInformation
    RequestBroadcast ListenPort Anonymize`),
  'network:DHCPv6': words(`
    MUDURL IAID DUIDType DUIDRawData RequestOptions SendOption SendVendorOption UserClass VendorClass PrefixDelegationHint
    UnassignedSubnetPolicy RapidCommit SendHostname Hostname UseAddress UseCaptivePortal UseDelegatedPrefix UseDNS UseDNR
    UseNTP UseSIP UseHostname UseDomains NetLabel SendRelease NFTSet WithoutRA RouteMetric`),
  'network:DHCPPrefixDelegation': words('UplinkInterface SubnetId Announce Assign Token ManageTemporaryAddress RouteMetric NetLabel NFTSet'), // prettier-ignore
  'network:IPv6AcceptRA': words(`
    Token UseDNS UseDNR UseDomains RouteTable RouteMetric QuickAck UseMTU UseHopLimit UseReachableTime UseRetransmissionTime
    UseGateway UseRoutePrefix UseCaptivePortal UsePREF64 UseAutonomousPrefix UseOnLinkPrefix RouterDenyList RouterAllowList
    PrefixDenyList PrefixAllowList RouteDenyList RouteAllowList DHCPv6Client NetLabel NFTSet UseRedirect`),
  'network:DHCPServer': words(`
    MaxLeaseTimeSec UplinkInterface EmitDNS DNS EmitNTP NTP EmitSIP SIP EmitPOP3 POP3 EmitSMTP SMTP EmitLPR
    LPR EmitTimezone Timezone BootServerAddress BootServerName BootFilename IPv6OnlyPreferredSec SendOption SendVendorOption
    BindToInterface RelayAgentCircuitId RelayAgentRemoteId RapidCommit PersistLeases LocalLeaseDomain`),
  'network:IPv6SendRA': words(`
    Managed OtherInformation RetransmitSec RouterPreference HopLimit UplinkInterface EmitDNS DNS EmitDomains Domains
    DNSLifetimeSec HomeAgent HomeAgentLifetimeSec HomeAgentPreference ReachableTimeSec`),
  'network:IPv6Prefix': words(
    'AddressAutoconfiguration OnLink PreferredLifetimeSec ValidLifetimeSec Assign Token RouteMetric',
  ),
  'network:IPv6RoutePrefix': words('Route LifetimeSec'),
  'network:LLDP': words('MUDURL'),
  'network:CAN': words('BitRate SamplePoint'),
  'netdev:Match': words(matches),
  'netdev:NetDev': [],
  'netdev:Bridge': words(`
    HelloTimeSec MaxAgeSec AgeingTimeSec Priority GroupForwardMask MulticastQuerier MulticastSnooping
    VLANProtocol MulticastIGMPVersion FDBMaxLearned`),
  'netdev:Bond': words(`
    UpDelaySec DownDelaySec LearnPacketIntervalSec AdSelect AdActorSystemPriority AdUserPortKey AdActorSystem
    FailOverMACPolicy ARPValidate ARPIntervalSec ARPIPTargets ARPAllTargets PrimaryReselectPolicy ResendIGMP
    PacketsPerSlave GratuitousARP AllSlavesActive DynamicTransmitLoadBalancing MinLinks ARPMissedMax PeerNotifyDelaySec`),
  'netdev:VLAN': words('Protocol GVRP MVRP LooseBinding ReorderHeader EgressQOSMaps IngressQOSMaps'),
  'netdev:VXLAN': words(`
    Group TOS TTL MacLearning FDBAgeingSec MaximumFDBEntries ReduceARPProxy L2MissNotification L3MissNotification
    RouteShortCircuit UDPChecksum UDP6ZeroChecksumTx UDP6ZeroChecksumRx RemoteChecksumTx RemoteChecksumRx
    GroupPolicyExtension GenericProtocolExtension PortRange FlowLabel IPDoNotFragment VNIFilter External`),
  'netdev:Tunnel': words(`
    TOS DiscoverPathMTU IgnoreDontFragment IPv6FlowLabel CopyDSCP EncapsulationLimit Key InputKey OutputKey Mode
    AllowLocalRemote FooOverUDP FOUDestinationPort FOUSourcePort Encapsulation ISATAP SerializeTunneledPackets ERSPANIndex
    ERSPANVersion ERSPANDirection ERSPANHardwareId AssignToLoopback External`),
  'netdev:VRF': [],
  'netdev:MACVLAN': words('SourceMACAddress BroadcastMulticastQueueLength BroadcastQueueThreshold'),
  'netdev:WireGuard': words('PrivateKey FirewallMark FwMark RouteTable RouteMetric'),
  'netdev:WireGuardPeer': words('PresharedKey PresharedKeyFile RouteTable RouteMetric PublicKeyFile'),
  'netdev:Peer': words('Name MACAddress'),
  'netdev:Tun': words('MultiQueue PacketInfo VNetHeader User Group KeepCarrier'),
  'netdev:Tap': words('MultiQueue PacketInfo VNetHeader User Group KeepCarrier'),
  'link:Match': words(matches),
  'link:Link': words(`
    Alias Property UnsetProperty ImportProperty NamePolicy AlternativeNamesPolicy AlternativeName MACAddressPolicy
    BitsPerSecond Duplex AutoNegotiation WakeOnLan WakeOnLanPassword Port Advertise ReceiveChecksumOffload
    TransmitChecksumOffload TCPSegmentationOffload TCP6SegmentationOffload GenericSegmentationOffload
    GenericReceiveOffload GenericReceiveOffloadHardware LargeReceiveOffload ReceiveVLANCTAGHardwareAcceleration
    TransmitVLANCTAGHardwareAcceleration RxChannels TxChannels OtherChannels CombinedChannels RxBufferSize TxBufferSize
    TransmitQueues ReceiveQueues TransmitQueueLength GenericSegmentOffloadMaxBytes GenericSegmentOffloadMaxSegments
    SR-IOVVirtualFunctions MDI`),
  'link:SR-IOV': words(
    'VirtualFunction VLANId QualityOfService VLANProtocol MACSpoofCheck QueryReceiveSideScaling Trust LinkState MACAddress',
  ),
};

/** Sections about queues, secrets and devices that the model does not have: each is told as a whole. */
export const unsaidSections: Readonly<Record<FileKind, readonly string[]>> = {
  network: words(`
    QDisc NetworkEmulator TokenBucketFilter PIE FlowQueuePIE StochasticFairBlue StochasticFairnessQueueing BFIFO PFIFO
    PFIFOHeadDrop PFIFOFast CAKE ControlledDelay DeficitRoundRobinScheduler DeficitRoundRobinSchedulerClass
    EnhancedTransmissionSelection GenericRandomEarlyDetection FairQueueingControlledDelay FairQueueing
    TrivialLinkEqualizer HierarchyTokenBucket HierarchyTokenBucketClass ClassfulMultiQueueing BandMultiQueueing
    HeavyHitterFilter QuickFairQueueing QuickFairQueueingClass TrafficControlQueueingDiscipline SR-IOV IPoIB MobileNetwork
    DHCPv6PrefixDelegation IPv6PREF64Prefix`),
  netdev: words(`
    GENEVE BareUDP L2TP L2TPSession MACsec MACsecReceiveChannel MACsecTransmitAssociation MACsecReceiveAssociation MACVTAP
    IPVLAN IPVTAP FooOverUDP VXCAN Xfrm BatmanAdvanced IPoIB WLAN HSR`),
  link: words('EnergyEfficientEthernet'),
};
