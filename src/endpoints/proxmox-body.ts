/** Bodies of `POST` and `PUT /proxmox/endpoints`. Rules between fields are the store's. */
import { z } from 'zod';
import {
  booleanField,
  headerTextField,
  integerField,
  nullableIntegerField,
  nullableNumberField,
  nullableTextField,
  textField,
} from './body-fields.js';

const port = integerField(1, 65_535);
const accessMethods = z.string().refine((value) => value === 'api' || value === 'api_ssh', {
  error: "access_methods must be one of ['api', 'api_ssh'] (SSH-only is not allowed; SSH only complements API)",
});

const optionalFields = {
  domain: nullableTextField(255).optional(),
  /** Name of a node's device in NetBox; empty or null inherits the plugin's setting. */
  node_device_name_template: nullableTextField(255).optional(),
  password: nullableTextField(1000).optional(),
  token_name: headerTextField(255).nullable().optional(),
  token_value: headerTextField(1000).nullable().optional(),
  site_id: nullableIntegerField(1, Number.MAX_SAFE_INTEGER).optional(),
  site_slug: nullableTextField(255).optional(),
  site_name: nullableTextField(255).optional(),
  tenant_id: nullableIntegerField(1, Number.MAX_SAFE_INTEGER).optional(),
  tenant_slug: nullableTextField(255).optional(),
  tenant_name: nullableTextField(255).optional(),
  /** Seconds; null inherits the plugin's value. */
  timeout: nullableIntegerField(1, 3600).optional(),
  max_retries: nullableIntegerField(0, 100).optional(),
  /** Seconds. */
  retry_backoff: nullableNumberField(0, 300).optional(),
};

export const ProxmoxEndpointCreate = z.object({
  name: textField(255),
  ip_address: textField(45),
  port: port.default(8006),
  username: textField(255),
  verify_ssl: booleanField.default(true),
  allow_writes: booleanField.default(false),
  allow_packer_template_builds: booleanField.default(false),
  access_methods: accessMethods.default('api'),
  enabled: booleanField.default(true),
  ...optionalFields,
});

/** Partial: only the keys that are present change. */
export const ProxmoxEndpointUpdate = z.object({
  name: textField(255).optional(),
  ip_address: textField(45).optional(),
  port: port.optional(),
  username: textField(255).optional(),
  verify_ssl: booleanField.optional(),
  allow_writes: booleanField.optional(),
  allow_packer_template_builds: booleanField.optional(),
  access_methods: accessMethods.optional(),
  enabled: booleanField.optional(),
  ...optionalFields,
});

export type ProxmoxEndpointCreate = z.infer<typeof ProxmoxEndpointCreate>;
export type ProxmoxEndpointUpdate = z.infer<typeof ProxmoxEndpointUpdate>;
