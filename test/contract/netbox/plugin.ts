import { beforeAll, describe, expect, it } from 'vitest';
import {
  apiOf,
  buildEstate,
  bulkErrors,
  namesOf,
  path,
  refused,
  type Api,
  type Estate,
  type NetBoxTarget,
} from './target.js';

const CONFLICT = 'This object already has a Proxbox sync-state row.';
const required = (...fields: string[]): object =>
  refused(Object.fromEntries(fields.map((field) => [field, ['This field is required.']])));
const integrityError = { status: 500, body: { exception: 'IntegrityError' } };

function describeFreshPlugin(getTarget: () => Promise<NetBoxTarget>): void {
  describe('the plugin in an empty NetBox', () => {
    let api: Api;
    beforeAll(async () => {
      api = apiOf(await getTarget());
    });

    it('has made two VM roles and two custom fields, and no tag and no VM type', async () => {
      const roles = (await api.get(`${path.deviceRoles}?fields=name,slug,color,vm_role,description,tags`)).body.results;

      expect(roles).toEqual([
        { name: 'Container (LXC)', slug: 'container-lxc', color: '00bcd4', vm_role: true, description: '', tags: [] },
        {
          name: 'Virtual Machine (QEMU)',
          slug: 'virtual-machine-qemu',
          color: '9c27b0',
          vm_role: true,
          description: '',
          tags: [],
        },
      ]);
      expect(namesOf(await api.get(path.customFields))).toEqual(['proxmox_node', 'proxmox_storage']);
      expect((await api.get(path.tags)).body.count).toBe(0);
      expect((await api.get(path.vmTypes)).body.count).toBe(0);
    });

    it('answers its settings as one object with the encryption key, and as a list without it', async () => {
      const runtime = await api.get(`${path.settings}runtime/`);
      const list = await api.get(path.settings);

      expect(runtime).toMatchObject({
        status: 200,
        body: {
          singleton_key: 'default',
          node_device_name_template: '{node}',
          sync_mode_vm: 'always',
          sync_mode_sdn: 'disabled',
          delete_orphans: false,
          netbox_max_concurrent: 1,
          netbox_timeout: 120,
          netbox_retry_delay: 2,
          netbox_get_cache_ttl: 60,
          bulk_batch_size: 50,
          bulk_batch_delay_ms: 500,
          custom_fields_request_delay: 0,
          primary_ip_preference: 'ipv4',
          default_role_qemu: null,
          overwrite_vm_role: true,
          overwrite_vm_platform: false,
          encryption_key_configured: expect.any(Boolean),
          encryption_key: expect.any(String),
        },
      });
      expect(runtime.body).not.toHaveProperty('custom_fields_enabled');
      expect(list.body).toMatchObject({ count: 1, results: [{ singleton_key: 'default', bulk_batch_size: 50 }] });
      expect(list.body.results[0]).not.toHaveProperty('encryption_key');
    });
  });
}

function describeEndpoints(getTarget: () => Promise<NetBoxTarget>): void {
  describe('endpoints, Proxmox clusters and nodes of the plugin', () => {
    let api: Api;
    let estate: Estate;
    let endpoint: number;
    let otherEndpoint: number;
    let proxmoxCluster: number;
    beforeAll(async () => {
      api = apiOf(await getTarget());
      estate = await buildEstate(api);
      endpoint = (await api.create(path.endpoints, { name: 'pve', domain: 'pve.example.com', mode: 'cluster' })).id;
      otherEndpoint = (
        await api.create(path.endpoints, { name: 'other', domain: 'other.example.com', mode: 'cluster' })
      ).id;
      proxmoxCluster = (await api.create(path.proxmoxClusters, { endpoint, name: 'C1', mode: 'cluster' })).id;
    });

    it('requires a mode and a host', async () => {
      const host = 'Provide either a domain or an IP address.';

      expect(await api.post(path.endpoints, {})).toMatchObject(required('mode'));
      expect(await api.post(path.endpoints, { mode: 'cluster', name: 'x' })).toMatchObject(
        refused({ domain: [host], ip_address: [host] }),
      );
    });

    it('takes secrets and never answers them', async () => {
      const created = await api.create(path.endpoints, {
        name: 'secretive',
        domain: 'secret.example.com',
        mode: 'cluster',
        token_name: 'sync',
        token_value: 'hidden-value',
        password: 'hidden-password',
      });

      expect(created).toMatchObject({
        name: 'secretive',
        ip_address: null,
        port: 8006,
        mode: { value: 'cluster', label: 'Cluster' },
        username: 'root@pam',
        token_name: 'sync',
        verify_ssl: true,
        enabled: true,
        allow_writes: false,
        access_methods: 'api',
        default_role_qemu: null,
        sync_mode_vm: null,
        overwrite_vm_role: null,
        node_device_name_template: '',
      });
      expect(JSON.stringify(created)).not.toContain('hidden');
    });

    it('finds an endpoint by name and by domain', async () => {
      for (const query of ['name=pve', 'domain=pve.example.com'])
        expect((await api.get(`${path.endpoints}?fields=id&${query}`)).body.results).toEqual([{ id: endpoint }]);
    });

    it('keeps a cluster once per endpoint and links it to the NetBox cluster', async () => {
      expect(await api.post(path.proxmoxClusters, {})).toMatchObject(required('endpoint', 'name', 'mode'));
      expect(await api.post(path.proxmoxClusters, { endpoint, name: 'C1', mode: 'cluster' })).toMatchObject(
        refused({ __all__: ['Proxmox cluster with this Proxmox endpoint and Cluster name already exists.'] }),
      );
      expect(
        await api.patch(`${path.proxmoxClusters}${proxmoxCluster}/`, { netbox_cluster: estate.cluster }),
      ).toMatchObject({
        status: 200,
        body: { endpoint: { id: endpoint, name: 'pve' }, netbox_cluster: { id: estate.cluster, name: 'C1' } },
      });
      expect((await api.get(`${path.proxmoxClusters}?name=C1&fields=id,endpoint`)).body.results).toMatchObject([
        { id: proxmoxCluster, endpoint: { id: endpoint } },
      ]);
      expect((await api.get(`${path.proxmoxClusters}?name=c1`)).body.count).toBe(0);
      expect((await api.get(`${path.proxmoxClusters}?endpoint=${otherEndpoint}`)).body.count).toBe(0);
      expect((await api.get(`${path.proxmoxClusters}?endpoint_id=${otherEndpoint}`)).body.count).toBe(1);
    });

    it('refuses a filter by an endpoint that does not exist', async () => {
      expect(await api.get(`${path.proxmoxClusters}?endpoint=99999`)).toMatchObject(
        refused({ endpoint: ['Select a valid choice. That choice is not one of the available choices.'] }),
      );
    });

    it('requires a plain address of a node and links it to the device', async () => {
      const node = { endpoint, name: 'pve1', ip_address: '10.0.0.1', proxmox_cluster: proxmoxCluster };

      expect(await api.post(path.proxmoxNodes, {})).toMatchObject(required('endpoint', 'name', 'ip_address'));
      expect(await api.post(path.proxmoxNodes, { ...node, ip_address: '10.0.0.1/24' })).toMatchObject(
        refused({ ip_address: ['Enter a valid IPv4 or IPv6 address.'] }),
      );
      const created = await api.create(path.proxmoxNodes, node);
      expect(await api.post(path.proxmoxNodes, node)).toMatchObject(
        refused({ __all__: ['Proxmox node with this Proxmox endpoint and Node name already exists.'] }),
      );
      expect(await api.patch(`${path.proxmoxNodes}${created.id}/`, { netbox_device: estate.device })).toMatchObject({
        status: 200,
        body: { netbox_device: { id: estate.device, name: 'pve1', status: { value: 'active' } } },
      });
      expect((await api.get(`${path.proxmoxNodes}?name=pve1&endpoint=${endpoint}`)).body.count).toBe(1);
    });

    it('fills the endpoint and the cluster of a sidecar from its node', async () => {
      const vm = (await api.create(path.vms, { name: 'placed', cluster: estate.cluster })).id;
      const node = (
        await api.create(path.proxmoxNodes, {
          endpoint,
          name: 'n2',
          ip_address: '10.0.0.2',
          proxmox_cluster: proxmoxCluster,
        })
      ).id;
      const foreign = (
        await api.create(path.proxmoxNodes, { endpoint: otherEndpoint, name: 'n2', ip_address: '10.0.0.2' })
      ).id;
      const row = `${path.vmState}${(await api.create(path.vmState, { virtual_machine: vm, proxmox_node: node })).id}/`;

      expect((await api.get(`${row}?fields=endpoint,proxmox_node,proxmox_cluster`)).body).toMatchObject({
        endpoint: { id: endpoint },
        proxmox_node: { id: node, name: 'n2' },
        proxmox_cluster: { id: proxmoxCluster, name: 'C1' },
      });
      expect(await api.patch(row, { endpoint: otherEndpoint })).toMatchObject(
        refused({
          proxmox_node: ['Node endpoint must match the sync-state endpoint.'],
          proxmox_cluster: ['Cluster endpoint must match the sync-state endpoint.'],
        }),
      );
      expect(await api.patch(row, { endpoint, proxmox_node: foreign })).toMatchObject({ status: 400 });
      expect((await api.get(`${path.vmState}?endpoint_id=${endpoint}`)).body.count).toBe(1);
    });

    it('ties a device sidecar to the device of its node', async () => {
      const node = (await api.create(path.proxmoxNodes, { endpoint, name: 'unlinked', ip_address: '10.0.0.3' })).id;

      expect(await api.post(path.deviceState, { device: estate.device, proxmox_node: node })).toMatchObject(
        refused({ proxmox_node: ['Proxmox node must be linked to the sync-state device.'] }),
      );
      expect(
        await api.post(path.clusterState, { cluster: estate.unscopedCluster, proxmox_cluster: proxmoxCluster }),
      ).toMatchObject(refused({ proxmox_cluster: ['Proxmox cluster must be linked to the sync-state cluster.'] }));
    });

    it('requires the selection of a backup routine', async () => {
      const routine = { endpoint, job_id: 'backup-1', selection: [100] };

      expect(await api.post(path.backupRoutines, {})).toMatchObject(required('endpoint', 'job_id'));
      expect(await api.post(path.backupRoutines, { endpoint, job_id: 'x' })).toMatchObject(
        refused({ selection: ['This field cannot be blank.'] }),
      );
      expect(await api.create(path.backupRoutines, routine)).toMatchObject({
        enabled: true,
        status: { value: 'active' },
        selection: [100],
        schedule: '',
      });
    });
  });
}

function describeSidecars(getTarget: () => Promise<NetBoxTarget>): void {
  describe('sidecar rows', () => {
    let api: Api;
    let estate: Estate;
    let vms: number[];
    beforeAll(async () => {
      api = apiOf(await getTarget());
      estate = await buildEstate(api);
      const bodies = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, cluster: estate.cluster }));
      vms = (await api.create(path.vms, bodies)).map((row: { id: number }) => row.id);
      await api.create(path.vmState, [
        { virtual_machine: { id: vms[0] }, proxmox_vm_id: 100, proxmox_vm_type: 'qemu', proxmox_endpoint_raw_id: 1 },
        { virtual_machine: { id: vms[1] }, proxmox_vm_id: 101, proxmox_vm_type: 'lxc' },
      ]);
    });
    const idOf = async (vm: number): Promise<number> =>
      (await api.get(`${path.vmState}?virtual_machine_id=${vm}`)).body.results[0].id;

    it('answers a row with empty texts and nulls', async () => {
      expect((await api.get(`${path.vmState}${await idOf(vms[0]!)}/`)).body).toMatchObject({
        virtual_machine: { id: vms[0], name: 'a' },
        endpoint: null,
        proxmox_node: null,
        proxmox_node_name: '',
        proxmox_vm_id: 100,
        proxmox_vm_type: 'qemu',
        proxmox_vm_name: '',
        proxmox_start_at_boot: null,
        proxmox_link: '',
        proxmox_last_synced_role_id: null,
        proxmox_last_updated: null,
        last_run_id: '',
        tags: [],
      });
    });

    it('gives exactly the asked fields', async () => {
      expect(
        (await api.get(`${path.vmState}?fields=proxmox_vm_id,last_run_id&proxmox_vm_id=100`)).body.results,
      ).toEqual([{ proxmox_vm_id: 100, last_run_id: '' }]);
    });

    it.each([
      ['proxmox_vm_id=100&proxmox_vm_id=101', 2],
      ['proxmox_vm_type=lxc', 1],
      ['proxmox_endpoint_raw_id=1', 1],
      ['virtual_machine_id=99999', 0],
      ['last_run_id=no-filter', 2],
    ])('finds rows by %s', async (query, count) => {
      expect((await api.get(`${path.vmState}?${query}`)).body.count).toBe(count);
    });

    it('finds the rows of several parents', async () => {
      expect(
        (await api.get(`${path.vmState}?virtual_machine_id=${vms[0]}&virtual_machine_id=${vms[1]}`)).body.count,
      ).toBe(2);
    });

    it.each([
      ['one', () => ({ virtual_machine: { id: vms[0] } })],
      ['one of several', () => [{ virtual_machine: vms[2] }, { virtual_machine: vms[0] }]],
      ['two for one parent', () => [{ virtual_machine: vms[2] }, { virtual_machine: vms[2] }]],
    ])('answers 409 without an index to a second row of a parent: %s', async (_, body) => {
      expect(await api.post(path.vmState, body())).toMatchObject({ status: 409, body: { virtual_machine: CONFLICT } });
      expect((await api.get(`${path.vmState}?virtual_machine_id=${vms[2]}`)).body.count).toBe(0);
    });

    it('requires a parent that exists', async () => {
      expect(await api.post(path.vmState, { proxmox_vm_id: 1 })).toMatchObject(required('virtual_machine'));
      expect(await api.post(path.vmState, { virtual_machine: { id: 99999 } })).toMatchObject(
        refused({ virtual_machine: ["Related object not found using the provided attributes: {'id': 99999}"] }),
      );
    });

    it('never moves a row to another parent', async () => {
      const row = `${path.vmState}${await idOf(vms[0]!)}/`;

      expect(await api.patch(row, { virtual_machine: { id: vms[3] } })).toMatchObject(
        refused({ virtual_machine: ['The sync-state parent cannot be changed.'] }),
      );
      expect(await api.patch(row, { virtual_machine: { id: vms[1] } })).toMatchObject({
        status: 409,
        body: { virtual_machine: CONFLICT },
      });
      expect(await api.patch(row, { virtual_machine: { id: vms[0] } })).toMatchObject({ status: 200 });
    });

    it('updates rows in bulk and names bad ones by id', async () => {
      const [first, second] = [await idOf(vms[0]!), await idOf(vms[1]!)];

      expect(
        await api.patch(
          path.vmState,
          [first, second].map((id) => ({ id, proxmox_status: 'running', last_run_id: 'run-1' })),
        ),
      ).toMatchObject({
        status: 200,
        body: [{ last_run_id: 'run-1' }, { last_run_id: 'run-1' }],
      });
      expect(
        await api.patch(path.vmState, [
          { id: first, proxmox_status: 'x' },
          { id: second, proxmox_vm_id: 'abc' },
        ]),
      ).toMatchObject(
        bulkErrors('1 of 2 objects could not be updated.', [
          { id: second, errors: { proxmox_vm_id: ['A valid integer is required.'] } },
        ]),
      );
    });

    it.each([
      ['proxmox_search_domain', null, 'This field may not be null.'],
      ['proxmox_link', 'not a link', 'Enter a valid URL.'],
    ])('refuses %s = %j', async (field, value, text) => {
      expect(await api.patch(`${path.vmState}${await idOf(vms[0]!)}/`, { [field]: value })).toMatchObject(
        refused({ [field]: [text] }),
      );
    });

    it('takes a link to the Proxmox interface and a time in UTC', async () => {
      const body = {
        proxmox_link: 'https://pve1.example.com:8006/#v1:0:=qemu/100',
        proxmox_last_updated: '2026-01-01T00:00:00Z',
      };

      expect(await api.patch(`${path.vmState}${await idOf(vms[0]!)}/`, body)).toMatchObject({ status: 200, body });
    });

    it('leaves no row in the change log when nothing changes', async () => {
      const row = `${path.vmState}${await idOf(vms[1]!)}/`;
      await api.patch(row, { proxmox_status: 'stopped' });
      const before = await api.changeLogRows();
      await api.patch(row, { proxmox_status: 'stopped' });

      expect(await api.changeLogRows()).toBe(before);
    });

    it('keeps one row per disk, per interface and per cluster', async () => {
      const disk = (await api.create(path.disks, { virtual_machine: vms[0], name: 'scsi0', size: 1 })).id;
      const nic = (await api.create(path.vmInterfaces, { virtual_machine: vms[0], name: 'net0' })).id;
      const parents: [string, object, string][] = [
        [path.diskState, { virtual_disk: { id: disk } }, 'virtual_disk'],
        [path.vmInterfaceState, { vm_interface: { id: nic } }, 'vm_interface'],
        [path.clusterState, { cluster: { id: estate.cluster } }, 'cluster'],
      ];
      for (const [collection, body, parent] of parents) {
        await api.create(collection, body);
        expect(await api.post(collection, body)).toMatchObject({ status: 409, body: { [parent]: CONFLICT } });
      }
    });

    it('gives a device to the first endpoint that claims it', async () => {
      const owned = {
        status: 409,
        body: { proxmox_endpoint_raw_id: ['endpoint_ownership_conflict'], code: 'endpoint_ownership_conflict' },
      };
      const { id } = await api.create(path.deviceState, {
        device: { id: estate.device },
        proxmox_node_name: 'pve1',
        proxmox_cluster_name: 'C1',
      });
      const row = `${path.deviceState}${id}/`;

      expect(await api.patch(row, { proxmox_endpoint_raw_id: 1 })).toMatchObject({ status: 200 });
      expect(await api.patch(row, { proxmox_endpoint_raw_id: 2 })).toMatchObject(owned);
      expect(await api.patch(row, { proxmox_endpoint_raw_id: null })).toMatchObject(owned);
      expect(await api.patch(path.deviceState, [{ id, proxmox_endpoint_raw_id: 2 }])).toMatchObject(owned);
      expect(await api.post(path.deviceState, { device: estate.device, proxmox_endpoint_raw_id: 2 })).toMatchObject(
        owned,
      );
      expect(await api.post(path.deviceState, { device: estate.device, proxmox_endpoint_raw_id: 1 })).toMatchObject({
        status: 409,
        body: { device: CONFLICT },
      });
    });
  });
}

function describePluginInventory(getTarget: () => Promise<NetBoxTarget>): void {
  describe('inventory rows of the plugin', () => {
    let api: Api;
    let estate: Estate;
    let vm: number;
    beforeAll(async () => {
      api = apiOf(await getTarget());
      estate = await buildEstate(api);
      vm = (await api.create(path.vms, { name: 'vm', cluster: estate.cluster })).id;
    });

    it('refuses a storage twice, alone and in bulk', async () => {
      const storage = { cluster: estate.cluster, name: 'local' };
      const taken = { __all__: ['Proxmox Storage with this Cluster and Name already exists.'] };

      expect(await api.post(path.storage, {})).toMatchObject(required('cluster', 'name'));
      expect(await api.create(path.storage, storage)).toMatchObject({
        cluster: { id: estate.cluster },
        shared: false,
        enabled: true,
        content: null,
      });
      expect(await api.post(path.storage, { ...storage, content: 'images' })).toMatchObject(refused(taken));
      expect(await api.post(path.storage, [storage, { ...storage, name: 'nfs' }])).toMatchObject(
        bulkErrors('1 of 2 objects could not be created.', [{ index: 0, errors: taken }]),
      );
      expect((await api.get(`${path.storage}?cluster=${estate.cluster}&name=local`)).body.count).toBe(1);
    });

    it('refuses a task twice', async () => {
      const task = {
        virtual_machine: vm,
        upid: 'UPID:pve1:1',
        node: 'pve1',
        task_type: 'qmstart',
        username: 'root@pam',
        start_time: '2026-01-01T00:00:00Z',
        description: 'start',
        status: 'OK',
      };

      expect(await api.post(path.taskHistory, {})).toMatchObject(required(...Object.keys(task)));
      expect(await api.create(path.taskHistory, task)).toMatchObject({ vm_type: 'unknown', end_time: null });
      expect(await api.post(path.taskHistory, [{ ...task, upid: 'UPID:pve1:2' }, task])).toMatchObject(
        bulkErrors('1 of 2 objects could not be created.', [
          { index: 1, errors: { upid: ['VM Task History with this upid already exists.'] } },
        ]),
      );
    });

    it('refuses a backup twice', async () => {
      const backup = {
        virtual_machine: vm,
        storage: 'local',
        subtype: 'qemu',
        format: 'zst',
        volume_id: 'local:backup/x',
        vmid: 100,
      };
      const storage = (await api.create(path.storage, { cluster: estate.cluster, name: 'backups' })).id;

      expect(await api.post(path.backups, {})).toMatchObject(required('virtual_machine'));
      expect(await api.create(path.backups, { ...backup, proxmox_storage: storage })).toMatchObject({
        subtype: { value: 'qemu' },
        format: { value: 'zst' },
      });
      expect(await api.post(path.backups, { ...backup, proxmox_storage: storage })).toMatchObject(
        refused({
          __all__: [
            'VM Backup with this Storage, Virtual machine, Subtype, Format, Volume id and Vmid already exists.',
          ],
        }),
      );
      expect(await api.post(path.backups, { ...backup, format: 'bogus' })).toMatchObject(
        refused({ format: ['bogus is not a valid choice.'] }),
      );
      expect(await api.post(path.backups, { ...backup, encrypted: null })).toMatchObject(
        refused({ encrypted: ['This field may not be null.'] }),
      );
    });

    it('refuses a snapshot and a replication twice', async () => {
      const endpoint = (await api.create(path.endpoints, { domain: 'pve.example.com', mode: 'cluster', name: 'pve' }))
        .id;
      const snapshot = { virtual_machine: vm, name: 's1', vmid: 100, node: 'pve1', subtype: 'qemu', status: 'active' };
      const replication = { replication_id: '100-0', virtual_machine: vm, guest: 100, target: 'pve2', jobnum: 0 };

      expect(await api.post(path.snapshots, {})).toMatchObject(required(...Object.keys(snapshot)));
      await api.create(path.snapshots, snapshot);
      expect(await api.post(path.snapshots, snapshot)).toMatchObject(
        refused({ __all__: ['VM Snapshot with this Vmid, Name and Node already exists.'] }),
      );
      expect(await api.post(path.replications, {})).toMatchObject(required(...Object.keys(replication)));
      await api.create(path.replications, { ...replication, endpoint });
      expect(await api.post(path.replications, { ...replication, endpoint })).toMatchObject(
        refused({ __all__: ['Replication with this Proxmox endpoint and Replication id already exists.'] }),
      );
    });

    it('answers 500 to a second cloud-init row, and filters by virtual_machine only', async () => {
      const other = (await api.create(path.vms, { name: 'no cloud-init', cluster: estate.cluster })).id;
      const row = { virtual_machine: vm, ciuser: 'root', sshkeys: 'ssh-rsa AAAA', ipconfig0: 'ip=dhcp' };

      expect(await api.post(path.cloudInit, {})).toMatchObject(required('virtual_machine'));
      expect(await api.create(path.cloudInit, row)).toMatchObject({
        virtual_machine: { id: vm },
        ciuser: 'root',
        sshkeys_truncated: false,
      });
      expect(await api.post(path.cloudInit, row)).toMatchObject(integrityError);
      expect(await api.post(path.cloudInit, [{ virtual_machine: other }, row])).toMatchObject(integrityError);
      expect((await api.get(`${path.cloudInit}?virtual_machine=${other}`)).body.count).toBe(0);
      expect((await api.get(`${path.cloudInit}?virtual_machine_id=${other}`)).body.count).toBe(1);
    });

    it('maps a guest interface to one interface only, and protects its addresses', async () => {
      const nic = (await api.create(path.vmInterfaces, { virtual_machine: vm, name: 'net0' })).id;
      const assigned = { assigned_object_type: 'virtualization.vminterface', assigned_object_id: nic };
      const ip = (await api.create(path.ipAddresses, { address: '10.0.0.5/24', ...assigned })).id;
      const guest = (await api.create(path.guestInterfaces, { virtual_machine: vm, name: 'eth0', vm_interface: nic }))
        .id;
      const address = (await api.create(path.guestAddresses, { guest_interface: guest, ip_address: ip })).id;
      const bare = await api.create(path.guestInterfaces, { virtual_machine: vm, name: 'lo', mac_address: '' });
      expect([bare.mac_address, bare.mtu, bare.enabled]).toEqual(['', null, true]);
      const text = await api.patch(`${path.guestInterfaces}${bare.id}/`, { mac_address: 'aa:bb:cc:00:00:0a' });
      expect(text.body.mac_address).toBe('aa:bb:cc:00:00:0a');

      expect(await api.post(path.guestInterfaces, { virtual_machine: vm, name: 'eth0' })).toMatchObject(
        refused({ __all__: ['Guest VM interface with this Virtual machine and Name already exists.'] }),
      );
      expect(
        await api.post(path.guestInterfaces, { virtual_machine: vm, name: 'eth1', vm_interface: nic }),
      ).toMatchObject(
        refused({ vm_interface: [expect.stringContaining('already mapped to another guest interface')] }),
      );
      expect(await api.post(path.guestAddresses, { guest_interface: guest, ip_address: ip })).toMatchObject(
        refused({ __all__: ['Guest VM interface address with this Guest interface and Ip address already exists.'] }),
      );
      expect(await api.remove(`${path.vms}${vm}/`)).toMatchObject({
        status: 409,
        body: { detail: `Unable to delete object. 1 dependent objects were found: eth0 - 10.0.0.5/24 (${address})` },
      });
      await api.remove(`${path.guestAddresses}${address}/`);
      expect(await api.remove(`${path.vms}${vm}/`)).toMatchObject({ status: 204 });
    });
  });
}

export function describePlugin(getTarget: () => Promise<NetBoxTarget>): void {
  describeFreshPlugin(getTarget);
  describeEndpoints(getTarget);
  describeSidecars(getTarget);
  describePluginInventory(getTarget);
}
