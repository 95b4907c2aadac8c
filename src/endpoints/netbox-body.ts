/** Bodies of `POST` and `PUT /netbox/endpoint`. Rules between fields are the store's. */
import { z } from 'zod';
import { booleanField, headerTextField, integerField, nullableTextField, textField } from './body-fields.js';

const port = integerField(1, 65_535);

export const NetBoxEndpointCreate = z.object({
  name: textField(255),
  ip_address: textField(45),
  domain: textField(255).default(''),
  port: port.default(443),
  token_version: textField(2).default('v1'),
  token_key: headerTextField(1000).nullable().optional(),
  token: headerTextField(1000),
  verify_ssl: booleanField.default(true),
  enabled: booleanField.default(true),
});

/** Partial: only the keys that are present change. */
export const NetBoxEndpointUpdate = z.object({
  name: textField(255).optional(),
  ip_address: textField(45).optional(),
  /** null means none. */
  domain: nullableTextField(255).optional(),
  port: port.optional(),
  token_version: textField(2).optional(),
  token_key: headerTextField(1000).nullable().optional(),
  token: headerTextField(1000).optional(),
  verify_ssl: booleanField.optional(),
  enabled: booleanField.optional(),
});

export type NetBoxEndpointCreate = z.infer<typeof NetBoxEndpointCreate>;
export type NetBoxEndpointUpdate = z.infer<typeof NetBoxEndpointUpdate>;
