/**
 * Why an object was skipped, refused, renamed or failed, or why something could not be read: a closed list. Codes are
 * stable and travel in results, warnings and events; the sentence beside them is for people.
 */
import { held, informational, mendable, unread, type ReasonEntry } from './reason-entry.js';

export const reasonCodes = {
  endpoint_unreachable: unread(
    'A Proxmox endpoint could not be used; nothing of it was changed.',
    'Read the cause in the sentence; GET /proxmox/doctor says what mends it.',
    'connection',
  ),
  endpoint_restricted: unread(
    'The Proxmox user may not read cluster/status (Sys.Audit on /).',
    'Grant Sys.Audit on / to the account; GET /proxmox/doctor shows the command.',
    'permission',
  ),
  change_log_forbidden: informational(
    'The NetBox token may not read the change log (core.view_objectchange): every run reads everything.',
    'Give its user the permission to view object changes, without conditions; within an hour it is used.',
    'permission',
  ),
  endpoint_disabled: informational('The endpoint is switched off.', 'Switch the endpoint on if it should be synced.'),
  no_guests_reported: unread(
    'Proxmox reported no guests although NetBox has some; nothing was changed for them.',
    'Check that the account has VM.Audit on /vms; if the guests are really gone, delete the machines in NetBox.',
  ),
  cluster_name_shared: informational(
    'Two different clusters have one name; in NetBox the later one has its endpoint behind it.',
    'Nothing: they are kept apart. Rename the cluster in NetBox as you like, it is found again.',
  ),
  cluster_unverified: mendable(
    'Whether two endpoints lead to one cluster cannot be verified; nothing of the other one is touched.',
    'Do what the sentence says: docs/clusters.md tells what tells clusters apart.',
  ),
  cluster_renewed: informational(
    'The root certificate of a cluster is another one than before, at the same place.',
    'Nothing, unless nobody renewed it or installed the cluster again: then look who answers there.',
  ),
  cluster_joined: informational(
    'A standalone host has become a node of a cluster.',
    'Delete its own cluster in NetBox, which stays empty.',
  ),
  cluster_unremembered: mendable(
    'Which cluster an endpoint leads to could not be kept in the database.',
    'Make room for the database, or end what holds it locked.',
  ),
  cluster_ambiguous: mendable(
    'NetBox has several clusters of this name and none can be told to be ours.',
    'Rename or delete the cluster in NetBox that is not meant.',
  ),
  cluster_missing: mendable(
    'The cluster is not in NetBox yet.',
    'Sync the devices first: they bring the cluster along.',
  ),
  cluster_link_ambiguous: mendable(
    'Two Proxmox cluster rows point to one NetBox cluster.',
    'Delete the row of Proxmox clusters that is wrong.',
  ),
  settings_unread: mendable(
    "The settings of the NetBox plugin could not be read, so the plugin's flags and modes were not known.",
    'Let the token view the settings of the plugin (netbox_proxbox.view_proxboxpluginsettings), then sync again.',
    'permission',
  ),
  placement_not_found: mendable(
    'The configured NetBox site or tenant does not exist.',
    'Correct the site or tenant of the Proxmox endpoint.',
  ),
  placement_conflict: mendable(
    'The endpoint is configured for one site, and devices of its cluster are at another: nothing is moved.',
    'Move the devices and the cluster in NetBox, or configure the endpoint for the site where they are.',
  ),
  network_pending: unread(
    'Changes of the network of a node are configured and not applied, so nobody knows what it has; it was left alone.',
    'Apply the network configuration on the page Network of the node, or revert it.',
  ),
  node_offline: unread(
    'The node is offline.',
    'Bring the node back, or take it out of the cluster (pvecm delnode).',
    'connection',
  ),
  guest_undescribed: unread(
    'Proxmox lists the guest without its name and figures, though its node is online; it was left alone.',
    'Restart pvestatd on the node (systemctl restart pvestatd); the next run reads the guest.',
    'connection',
  ),
  guest_unfinished: mendable(
    'The guest is being made, restored or destroyed: what Proxmox has of it is a place-holder. It was left alone.',
    'Wait for the task of the guest; the next run reads it.',
  ),
  node_missing: mendable(
    'The node of the guest is not known.',
    'Sync again when the cluster lists the node; check cluster/status.',
  ),
  resource_unreadable: unread(
    'Proxmox listed a guest without a usable VMID, type or node; it was left out.',
    'Look at cluster/resources in Proxmox: the row of the guest is damaged.',
  ),
  config_unreadable: unread(
    'The configuration of the guest could not be read.',
    'Read the cause in the sentence; the next run tries it again.',
  ),
  privilege_missing: unread(
    'The Proxmox user lacks a privilege.',
    'Grant the privilege that the sentence names; GET /proxmox/doctor shows the command.',
    'permission',
  ),
  privilege_optional: mendable(
    'The Proxmox user lacks a privilege without which Proxmox shows less; what is stored stays.',
    'Grant the privilege that the sentence names, if what it shows is wanted.',
    'permission',
  ),
  guest_gone: informational(
    'The guest disappeared between listing and reading.',
    'Nothing: the next run sees what became of it.',
  ),
  identity_ambiguous: mendable(
    'More than one NetBox object claims this guest.',
    'Delete the sync-state rows or machines in NetBox that claim the guest wrongly.',
  ),
  identity_unreadable: unread(
    'The NetBox token may not view what tells which object it is in NetBox, so that it was left alone.',
    'Let the NetBox token view what the sentence names, without conditions, then sync again.',
    'permission',
  ),
  endpoint_renumbered: informational(
    'A known guest was adopted from an endpoint id that is no longer configured.',
    'Nothing: the guest is known under its new endpoint now.',
  ),
  type_changed: informational(
    'The VMID now belongs to a guest of another type.',
    'Nothing, unless the old machine is still wanted: then give it another VMID in Proxmox.',
  ),
  vmid_reused: mendable(
    'The VMID now belongs to another guest than the machine in NetBox stood for.',
    'Look at what was written on the machine by hand. If a new one is wanted, delete the machine and sync again.',
  ),
  name_adjusted: informational(
    'NetBox cannot take the name as it is.',
    'Give the object a name that NetBox takes, if the adjusted one is not wanted.',
  ),
  name_conflict: mendable(
    'Another virtual machine of the cluster, or another device of the site, has the name.',
    'Rename one of the two objects.',
  ),
  device_name_invalid: mendable(
    'The template for names of devices does not give one that can be used.',
    'Correct node_device_name_template.',
  ),
  mode_disabled: informational(
    'This kind of object is switched off.',
    'Switch its sync_mode on if it should be synced.',
  ),
  bootstrap_only: informational(
    'The object carries the bootstrap-only tag and is left alone.',
    'Take the bootstrap-only tag off if it should be kept up to date.',
  ),
  not_in_plan: held(
    'The plan that is applied has not shown this change, or not so.',
    'Make a new plan, and apply that.',
  ),
  not_selected: informational('The object is outside the selection.', 'Widen the selection if it should be synced.'),
  dependency_failed: mendable('An object it depends on could not be written.', 'Mend what the sentence names first.'),
  dependency_left_out: informational(
    'What it belongs to was left out, for a reason that is told there.',
    'Nothing more than what is said there.',
  ),
  backup_ambiguous: mendable(
    'Several clusters with a guest of this VMID use one storage, and nothing says whose the backup is.',
    'Give each cluster a namespace of its own on the backup server, or a folder (subdir) of its own on the share.',
  ),
  backup_of_another: informational(
    'The backup is of a guest of another cluster that uses the same storage.',
    'Nothing. A namespace per cluster on the backup server keeps them apart.',
  ),
  duplicate: informational('The same object was found twice.', 'Nothing, unless the sentence asks for a report.'),
  rejected: mendable(
    'NetBox refused the object.',
    'Read what NetBox says about the field; correct it there or in Proxmox.',
  ),
  row_hidden: mendable(
    'NetBox has the object already, but the token may not view it; no second one was made.',
    'Give the user of the token the permission to view the kind without conditions (proxbox-api doctor netbox).',
    'permission',
  ),
  forbidden: held(
    'The NetBox token may not write this kind of object.',
    'Give the NetBox token the permission that the sentence names.',
    'permission',
  ),
  vanished: informational(
    'The object was deleted in NetBox during the run; the next run creates it again.',
    'Nothing: the next run creates it again.',
  ),
  not_attempted: mendable(
    'The run stopped before this object was written.',
    'Mend what stopped the run, then sync again.',
  ),
  plugin_route_missing: mendable(
    'The installed netbox-proxbox plugin does not have this table.',
    'Install or upgrade the netbox-proxbox plugin.',
  ),
  disk_unsized: mendable(
    'A disk has no size in its configuration, and its storage does not tell one; it is not counted.',
    'Run the command that the sentence names on the node: it writes the size into the configuration.',
  ),
  disk_ambiguous: mendable(
    'People gave disks of the machine other names in NetBox, and nothing tells which of them this disk is.',
    'Give the row of the disk in NetBox the name that the sentence says.',
  ),
  disk_passed_through: informational(
    'A disk or folder of the node itself is no volume of Proxmox; NetBox does not hold it.',
    'Nothing: only volumes on storages are disks in NetBox.',
  ),
  machine_not_ours: mendable(
    'A machine of the name was made by somebody else; it is left alone.',
    'Give that machine the tag Proxbox to have it adopted, or leave both as they are.',
  ),
  custom_field_refused: mendable(
    'A custom field of NetBox does not take the value that is meant for it; it is left out.',
    'Rename or delete the custom field that the sentence names, or correct its type and choices.',
  ),
  custom_field_required: mendable(
    'NetBox wants a value in a custom field that an operator has to fill.',
    'Give the custom field a default value, or fill it in for the objects that the sentence names.',
  ),
  tag_unusable: mendable(
    'A tag could not be made, or not be put on an object.',
    'Give the tag a name that NetBox takes, let the NetBox token create tags, or allow the object type in the tag.',
  ),
  vm_missing: informational(
    'The virtual machine is not in NetBox yet.',
    'Sync the virtual machines first, unless the guest is gone from Proxmox.',
  ),
  device_missing: mendable('The device of the node is not in NetBox yet.', 'Sync the devices first.'),
  gone_from_proxmox: informational('The object is no longer in Proxmox.', 'Nothing: NetBox follows Proxmox.'),
  delete_limit: held(
    'More deletions than a healthy change explains; none was carried out.',
    'Check that Proxmox was read completely; if the objects are really gone, run once with force_deletes=true.',
  ),
  vmid_of_soft_deleted_machine: mendable(
    'The VMID belongs to another guest now than the one whose machine is marked as gone; that machine was left alone.',
    'Delete the marked machine on the page "Soft-deleted VMs" of the plugin; the next run makes one for the new guest.',
  ),
  soft_deleted: informational(
    'The machine is marked as gone from Proxmox; what hangs on it was left alone.',
    'Look at the page "Soft-deleted VMs" of the plugin: delete the machine there, or bring the guest back.',
  ),
  operator_data: informational(
    'An operator has put something on the object, so it was not deleted.',
    'Delete the object in NetBox if it is not wanted any more.',
  ),
  grace: informational(
    'The guest is gone, but not for so many runs as PROXBOX_ORPHAN_GRACE_RUNS asks for.',
    'Nothing: the machine is marked when enough runs in a row have found the guest gone.',
  ),
  memory_unavailable: held(
    'What this service remembers of guests could not be read or written.',
    'Make the database file (PROXBOX_DATABASE_PATH) writable; the log says what is wrong with it.',
  ),
  edited_meanwhile: held(
    'Somebody edited the object in NetBox while it was to be deleted; it stays.',
    'Nothing: the next run decides by what stands there now.',
  ),
  delete_failed: held(
    'NetBox did not delete the object.',
    'Read what NetBox says: something refers to the object, or the token may not delete it.',
  ),
  l2vpn_conflict: mendable(
    'The interface ends another L2VPN in NetBox than the network that it is plugged into.',
    'Delete that termination in NetBox if it is not wanted: an interface ends one L2VPN.',
  ),
  value_not_kept: informational(
    'The installed netbox-proxbox plugin has no place for a value; it is left out.',
    'Nothing: Proxmox has it, and where the row is written its raw configuration.',
  ),
  read_incomplete: unread(
    'Something could not be read completely, so nothing of it was deleted or marked stale.',
    'Read the cause in the sentence; the next run tries it again.',
    'connection',
  ),
  agent_disabled: informational(
    'The QEMU guest agent is not enabled in the configuration of the guest.',
    'Switch the guest agent on in the options of the guest, if its addresses are wanted.',
  ),
  agent_not_running: mendable(
    'The QEMU guest agent does not run inside the guest.',
    'Install and start qemu-guest-agent inside the guest.',
  ),
  agent_timeout: mendable(
    'The QEMU guest agent did not answer in time.',
    'Restart qemu-guest-agent inside the guest, or raise PROXBOX_GUEST_AGENT_TIMEOUT.',
  ),
  agent_failed: mendable(
    'The QEMU guest agent answered with an error.',
    'Look at the guest agent inside the guest; the sentence repeats what it said.',
  ),
  guest_stopped: informational(
    'The guest does not run, so nobody knows its addresses.',
    'Start the guest; its addresses are read then.',
  ),
  no_matching_nic: informational(
    'No network device of the guest has the MAC address or name of the interface.',
    'Nothing: the interface exists only inside the guest.',
  ),
  no_addresses: informational(
    'The guest reports no address that NetBox could hold.',
    'Nothing: as soon as the guest has an address it is written.',
  ),
  interface_missing: mendable('The interface is not in NetBox yet.', 'Sync the interfaces first.'),
  mac_missing: informational(
    'The network device has no MAC address.',
    'Give the network device a MAC address in Proxmox, if it should have one in NetBox.',
  ),
  duplicate_mac: mendable(
    'Two network devices of the guest have one MAC address.',
    'Give one of the two network devices another MAC address.',
  ),
  ip_conflict: mendable(
    'The address belongs to another object.',
    'Free the address at one of the two objects that the sentence names.',
  ),
  address_hidden: unread(
    'NetBox has the address for the guest, but the token may not view it; it was left alone.',
    'Give the user of the token the permission to view IP addresses (ipam.view_ipaddress) without conditions.',
    'permission',
  ),
  address_shared: informational(
    'Several have an address whose role says that they share it; its row stays with the one that has it.',
    'Nothing; it goes to one of the others when that one has it no more.',
  ),
  address_ignored: informational(
    'Link-local, loopback and unusable addresses are left out.',
    'Nothing; ignore_ipv6_link_local_addresses=false lets link-local addresses in.',
  ),
  platform_unavailable: mendable(
    'The platform of the virtual machine could not be used.',
    'Create the platform in NetBox, or let the token view and create platforms.',
  ),
  metadata_id_unknown: mendable(
    'The notes of a guest name a NetBox object that cannot be used for it.',
    'Correct the id in the netbox-metadata block of the notes, or let the token view the object.',
  ),
  vlan_unavailable: mendable(
    'The VLAN could not be used.',
    'Create the VLAN in NetBox, or let the token view and create VLANs.',
  ),
  snapshots_unsupported: informational(
    'The storage of the guest does not support snapshots.',
    'Nothing: the storage has no snapshots.',
  ),
  snapshot_conflict: informational(
    'The plugin keeps one snapshot per VMID, name and node.',
    'Give one of the snapshots another name.',
  ),
  backups_not_visible: mendable(
    'The Proxmox user may not see backups, so their absence proves nothing.',
    'Grant the privileges that the sentence names, if backups are wanted in NetBox.',
    'permission',
  ),
  selection_empty: informational(
    'The backup job covers no guest that can be seen, which the plugin cannot store.',
    'Nothing, or give the job guests that the account may see.',
  ),
  endpoint_unknown_to_plugin: mendable(
    'The plugin has no row for the Proxmox endpoint.',
    'Add the Proxmox endpoint on the page of the plugin in NetBox.',
  ),
  option_unknown: mendable('A request option has an unknown value.', 'Correct the option that the sentence names.'),
  option_deprecated: informational(
    'A request option will go away in a later version.',
    'Leave the option out before the next upgrade.',
  ),
  not_implemented: informational(
    'This part is not built in this version.',
    'See the documentation for what this version does.',
  ),
} as const satisfies Readonly<Record<string, ReasonEntry>>;

export type ReasonCode = keyof typeof reasonCodes;
