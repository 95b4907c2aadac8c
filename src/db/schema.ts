/**
 * The tables that this service reads and writes, as drizzle sees them. The file is shared with the Python service of
 * the same name: no column has an SQL default, booleans are 0/1, times are Unix seconds as floating point.
 */
import { integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const netboxEndpoints = sqliteTable('netboxendpoint', {
  id: integer('id').primaryKey(),
  name: text('name').notNull(),
  ipAddress: text('ip_address').notNull(),
  /** Empty when none. */
  domain: text('domain').notNull(),
  port: integer('port').notNull(),
  /** null in repaired rows: means v1. */
  tokenVersion: text('token_version'),
  tokenKey: text('token_key'),
  token: text('token').notNull(),
  verifySsl: integer('verify_ssl', { mode: 'boolean' }).notNull(),
  enabled: integer('enabled', { mode: 'boolean' }).notNull(),
});

export const proxmoxEndpoints = sqliteTable('proxmoxendpoint', {
  id: integer('id').primaryKey(),
  name: text('name').notNull(),
  ipAddress: text('ip_address').notNull(),
  domain: text('domain'),
  port: integer('port').notNull(),
  username: text('username').notNull(),
  password: text('password'),
  verifySsl: integer('verify_ssl', { mode: 'boolean' }).notNull(),
  allowWrites: integer('allow_writes', { mode: 'boolean' }).notNull(),
  /** null in repaired rows: means api. */
  accessMethods: text('access_methods'),
  enabled: integer('enabled', { mode: 'boolean' }).notNull(),
  tokenName: text('token_name'),
  tokenValue: text('token_value'),
  timeout: integer('timeout'),
  maxRetries: integer('max_retries'),
  retryBackoff: real('retry_backoff'),
  siteId: integer('site_id'),
  siteSlug: text('site_slug'),
  siteName: text('site_name'),
  tenantId: integer('tenant_id'),
  tenantSlug: text('tenant_slug'),
  tenantName: text('tenant_name'),
  pluginEndpointId: integer('plugin_endpoint_id'),
  pluginAllowWrites: integer('plugin_allow_writes', { mode: 'boolean' }),
  pluginEnabled: integer('plugin_enabled', { mode: 'boolean' }),
  /** null in repaired rows: means false. */
  allowPackerTemplateBuilds: integer('allow_packer_template_builds', { mode: 'boolean' }),
  /** null or empty: the plugin's setting of the same name. */
  nodeDeviceNameTemplate: text('node_device_name_template'),
});

export const apiKeys = sqliteTable('apikey', {
  id: integer('id').primaryKey(),
  label: text('label').notNull(),
  keyHash: text('key_hash').notNull(),
  isActive: integer('is_active', { mode: 'boolean' }).notNull(),
  createdAt: real('created_at').notNull(),
});

export const bootstrapClaims = sqliteTable('api_key_bootstrap_claim', {
  id: integer('id').primaryKey(),
  initializedAt: real('initialized_at').notNull(),
});

export const authLockouts = sqliteTable('authlockout', {
  ipAddress: text('ip_address').primaryKey(),
  attempts: integer('attempts').notNull(),
  firstAttemptTime: real('first_attempt_time').notNull(),
});
