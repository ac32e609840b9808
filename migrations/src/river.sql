-- The first schema. Tokens in braces become each database's type; see lib.rs.
-- `{narrow}` marks tables whose rows are little more than their key: SQLite keeps them in the key's own tree.
-- Instants are microseconds UTC; money is minor units; quantities and unit prices are scaled by 10^6.
-- People live in `parties` (and, until retention, in document_bytes) and nowhere else.

-- ---- intake -------------------------------------------------------------------------------------
CREATE TABLE documents (
  id {uuid} NOT NULL PRIMARY KEY,
  channel {text} NOT NULL,
  kind {text} NOT NULL,                 -- webhook | upload | import | callback
  topic {text} NOT NULL,                -- the platform's topic, '' when it has none
  name {text} NOT NULL,                 -- the file's name as sent, '' for a webhook
  media_type {text} NOT NULL,
  size {i64} NOT NULL,
  sha256 {bytes} NOT NULL,
  headers {text} NOT NULL,              -- JSON: [name, value] of the headers a channel may need later
  actor {text} NOT NULL,                -- JSON: who brought it
  received_at {i64} NOT NULL,
  state {text} NOT NULL,                -- receiving (parts still arrive) | received | done | held | erased
  mapping {text} NOT NULL,              -- name of the mapping last used, '' before
  mapping_version {i32} NOT NULL,
  orders_good {i32} NOT NULL,
  orders_bad {i32} NOT NULL,
  summary {text} NOT NULL,              -- JSON: what was read (shape, encoding, header, counts, held reason)
  progress {i64} NOT NULL,              -- statements already committed; a crash resumes there
  lease_owner {text} NOT NULL,
  lease_until {i64} NOT NULL,
  lease_epoch {i64} NOT NULL,
  CHECK (state IN ('receiving', 'received', 'done', 'held', 'erased'))
){strict};
CREATE INDEX documents_open ON documents (lease_until) WHERE state = 'received';
CREATE INDEX documents_by_time ON documents (received_at, id);

CREATE TABLE document_keys (
  dedupe_key {bytes} NOT NULL PRIMARY KEY, -- SHA-256 of channel, topic and raw body
  document_id {uuid} NOT NULL
){strict}{narrow};

CREATE TABLE document_bytes (
  document_id {uuid} NOT NULL,
  part {i32} NOT NULL,
  codec {text} NOT NULL,                -- plain | deflate
  bytes {bytes} NOT NULL,
  PRIMARY KEY (document_id, part)
){strict};
{postgres}ALTER TABLE document_bytes ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE rejects (
  document_id {uuid} NOT NULL,
  no {i32} NOT NULL,
  order_key {text} NOT NULL,            -- the order's key in the document, '' when unknown
  code {text} NOT NULL,
  field {text} NOT NULL,
  location {text} NOT NULL,             -- JSON: record, row, column, cell, pointer
  was {text} NOT NULL,                  -- what was there; emptied when the person is erased
  args {text} NOT NULL,                 -- JSON: typed arguments of the message
  created_at {i64} NOT NULL,
  PRIMARY KEY (document_id, no)
){strict};

CREATE TABLE said (
  channel {text} NOT NULL,
  external_id {text} NOT NULL,
  order_id {uuid} NOT NULL,
  source_version {i64},                 -- the source's own version, when it has one
  arrival {i64} NOT NULL,
  mapping_version {i32} NOT NULL,
  document_id {uuid} NOT NULL,
  content {text} NOT NULL,              -- JSON of the content last said, party ids only
  PRIMARY KEY (channel, external_id)
){strict};

-- ---- people -------------------------------------------------------------------------------------
CREATE TABLE parties (
  id {uuid} NOT NULL PRIMARY KEY,
  name {text} NOT NULL,
  phone {text} NOT NULL,                -- first phone, digits only, for search
  email {text} NOT NULL,
  body {text} NOT NULL,                 -- JSON of model::party::Party; '' once erased
  erased_at {i64}
){strict};
CREATE INDEX parties_phone ON parties (phone) WHERE phone <> '';
CREATE INDEX parties_name ON parties (name) WHERE name <> '';
CREATE INDEX parties_email ON parties (email) WHERE email <> '';

-- ---- orders -------------------------------------------------------------------------------------
CREATE TABLE order_keys (
  channel {text} NOT NULL,
  external_id {text} NOT NULL,
  order_id {uuid} NOT NULL,
  PRIMARY KEY (channel, external_id)
){strict}{narrow};

CREATE TABLE orders (
  id {uuid} NOT NULL PRIMARY KEY,
  channel {text} NOT NULL,
  external_id {text} NOT NULL,
  number {text} NOT NULL,
  kind {text} NOT NULL,
  status {text} NOT NULL,               -- derived, for filters only
  customer {text} NOT NULL,             -- '' when the buyer is not a known customer
  currency {text} NOT NULL,
  total {i64} NOT NULL,
  priority {i32} NOT NULL,
  placed_at {i64} NOT NULL,
  buyer {uuid},
  ship_to {uuid},
  line_count {i32} NOT NULL,            -- rows of order_lines that belong to it
  fingerprint {text} NOT NULL,          -- sameness of two orders: buyer, destination and lines, hashed; '' when awaited
  events {i32} NOT NULL,                -- number of the order's last event; the optimistic version
  body {text} NOT NULL,                 -- JSON of the head: everything but the lines
  created_at {i64} NOT NULL,
  updated_at {i64} NOT NULL
){strict};
CREATE INDEX orders_by_time ON orders (placed_at, id);
CREATE INDEX orders_by_status ON orders (status, placed_at, id);
CREATE INDEX orders_by_channel ON orders (channel, placed_at, id);
CREATE INDEX orders_by_customer ON orders (customer, placed_at, id) WHERE customer <> '';
CREATE INDEX orders_by_number ON orders (number);
CREATE INDEX orders_by_external_id ON orders (external_id) WHERE external_id <> number;
CREATE INDEX orders_by_buyer ON orders (buyer) WHERE buyer IS NOT NULL;
CREATE INDEX orders_by_ship_to ON orders (ship_to) WHERE ship_to IS NOT NULL;
CREATE INDEX orders_by_fingerprint ON orders (fingerprint, placed_at) WHERE fingerprint <> '';

CREATE TABLE order_lines (
  order_id {uuid} NOT NULL,
  line {i32} NOT NULL,
  sku {text} NOT NULL,
  ordered {i64} NOT NULL,
  open {i64} NOT NULL,
  cancelled {i64} NOT NULL,
  backordered {i64} NOT NULL,
  reserved {i64} NOT NULL,
  released {i64} NOT NULL,
  shipped {i64} NOT NULL,
  delivered {i64} NOT NULL,
  returned {i64} NOT NULL,
  body {text} NOT NULL,                 -- JSON of the line's commercial part
  PRIMARY KEY (order_id, line),
  CHECK (ordered = open + cancelled + backordered + reserved + released + shipped),
  CHECK (shipped >= delivered AND delivered >= returned AND returned >= 0),
  CHECK (open >= 0 AND cancelled >= 0 AND backordered >= 0 AND reserved >= 0 AND released >= 0)
){strict};
CREATE INDEX order_lines_backordered ON order_lines (sku) WHERE backordered > 0;

CREATE TABLE journal (
  part {i32} NOT NULL,
  seq {i64} NOT NULL,
  order_id {uuid} NOT NULL,
  event_no {i32} NOT NULL,
  name {text} NOT NULL,
  version {i32} NOT NULL,
  at {i64} NOT NULL,
  actor {text} NOT NULL,
  body {text} NOT NULL,
  PRIMARY KEY (part, seq)
){strict};
CREATE UNIQUE INDEX journal_of_order ON journal (order_id, event_no);

CREATE TABLE journal_counter (
  part {i32} NOT NULL PRIMARY KEY,
  last {i64} NOT NULL
){strict}{narrow};
INSERT INTO journal_counter (part, last) VALUES (0, 0);

CREATE TABLE holds (
  order_id {uuid} NOT NULL,
  code {text} NOT NULL,
  owner {text} NOT NULL,
  since {i64} NOT NULL,
  due_at {i64},
  PRIMARY KEY (order_id, code)
){strict}{narrow};
CREATE INDEX holds_by_owner ON holds (owner, since);
CREATE INDEX holds_by_code ON holds (code);

CREATE TABLE approvals (
  order_id {uuid} NOT NULL,
  round {i32} NOT NULL,
  step {i32},                           -- NULL when declined
  approver {text} NOT NULL,
  creator {text} NOT NULL,
  decision {text} NOT NULL,             -- approved | declined
  digest {text} NOT NULL,
  at {i64} NOT NULL,
  PRIMARY KEY (order_id, round, approver),
  CHECK (approver <> creator),
  CHECK (decision IN ('approved', 'declined'))
){strict};
CREATE UNIQUE INDEX approvals_step ON approvals (order_id, round, step);

CREATE TABLE policies (
  hash {text} NOT NULL PRIMARY KEY,
  body {text} NOT NULL,
  first_used_at {i64} NOT NULL
){strict};

-- ---- stock --------------------------------------------------------------------------------------
CREATE TABLE stock (
  sku {text} NOT NULL,
  warehouse {text} NOT NULL,
  on_hand {i64} NOT NULL,
  reserved {i64} NOT NULL,
  shortage {i64} NOT NULL,
  safety {i64} NOT NULL,
  mode {text} NOT NULL,                 -- ours | mirrored
  updated_at {i64} NOT NULL,
  PRIMARY KEY (sku, warehouse),
  CHECK (on_hand >= 0 AND reserved >= 0 AND shortage >= 0 AND safety >= 0),
  CHECK (reserved <= on_hand + shortage),
  CHECK (mode IN ('ours', 'mirrored'))
){strict}{narrow};

CREATE TABLE stock_ledger (
  id {serial},
  sku {text} NOT NULL,
  warehouse {text} NOT NULL,
  at {i64} NOT NULL,
  kind {text} NOT NULL,                 -- count | goods_in | reserve | unreserve | ship | shortage
  on_hand_change {i64} NOT NULL,
  reserved_change {i64} NOT NULL,
  shortage_change {i64} NOT NULL,
  order_id {uuid},
  fulfilment_id {uuid},
  cause {text} NOT NULL                 -- '' or the document or caller a count came from
){strict};
CREATE INDEX stock_ledger_by_sku ON stock_ledger (sku, warehouse, id);

CREATE TABLE reservations (
  fulfilment_id {uuid} NOT NULL,
  line {i32} NOT NULL,
  order_id {uuid} NOT NULL,
  sku {text} NOT NULL,
  warehouse {text} NOT NULL,
  quantity {i64} NOT NULL,
  PRIMARY KEY (fulfilment_id, line),
  CHECK (quantity > 0)
){strict}{narrow};
CREATE INDEX reservations_by_stock ON reservations (sku, warehouse);

-- ---- master data --------------------------------------------------------------------------------
CREATE TABLE products (
  sku {text} NOT NULL PRIMARY KEY,
  name {text} NOT NULL,
  name_en {text} NOT NULL,
  category {text} NOT NULL,
  active {bool} NOT NULL,
  base_unit {text} NOT NULL,
  units {text} NOT NULL,                -- JSON: [{"unit","num","den"}] to the base unit
  weight_g {i64} NOT NULL,
  length_mm {i64} NOT NULL,
  width_mm {i64} NOT NULL,
  height_mm {i64} NOT NULL,
  unit_cost {i64} NOT NULL,
  cost_currency {text} NOT NULL,
  tax_class {text} NOT NULL,
  updated_at {i64} NOT NULL
){strict};

CREATE TABLE prices (
  sku {text} NOT NULL,
  unit {text} NOT NULL,
  currency {text} NOT NULL,
  customer_group {text} NOT NULL,       -- '' = every group
  channel {text} NOT NULL,              -- '' = every channel
  min_quantity {i64} NOT NULL,
  unit_price {i64} NOT NULL,
  valid_from {text} NOT NULL,           -- a date, '' = always
  valid_to {text} NOT NULL,
  PRIMARY KEY (sku, unit, currency, customer_group, channel, min_quantity, valid_from)
){strict}{narrow};

CREATE TABLE customers (
  code {text} NOT NULL PRIMARY KEY,
  party_id {uuid} NOT NULL,
  customer_group {text} NOT NULL,
  tier {text} NOT NULL,                 -- regular | key | strategic
  currency {text} NOT NULL,
  credit_limit {i64} NOT NULL,
  payment_days {i32} NOT NULL,
  active {bool} NOT NULL,
  updated_at {i64} NOT NULL
){strict};

CREATE TABLE warehouses (
  code {text} NOT NULL PRIMARY KEY,
  name {text} NOT NULL,
  country {text} NOT NULL,
  region {text} NOT NULL,
  city {text} NOT NULL,
  postcode {text} NOT NULL,
  latitude {i64} NOT NULL,              -- microdegrees
  longitude {i64} NOT NULL,
  zone {text} NOT NULL,                 -- IANA
  cutoff_minute {i32} NOT NULL,         -- local minute of the day
  daily_capacity {i32} NOT NULL,        -- fulfilments a day, 0 = unlimited
  active {bool} NOT NULL,
  updated_at {i64} NOT NULL
){strict};

CREATE TABLE carriers (
  code {text} NOT NULL PRIMARY KEY,
  name {text} NOT NULL,
  on_time_ppm {i32} NOT NULL,           -- observed on-time rate
  active {bool} NOT NULL,
  updated_at {i64} NOT NULL
){strict};

CREATE TABLE rate_cards (
  carrier {text} NOT NULL,
  service {text} NOT NULL,
  warehouse {text} NOT NULL,            -- '*' = from any
  country {text} NOT NULL,
  region {text} NOT NULL,               -- '*' = any
  city {text} NOT NULL,                 -- '*' = any
  zone {text} NOT NULL,                 -- the card's own name of the zone
  currency {text} NOT NULL,
  first_g {i64} NOT NULL,
  first_price {i64} NOT NULL,
  step_g {i64} NOT NULL,
  step_price {i64} NOT NULL,
  volumetric_divisor {i64} NOT NULL,    -- cubic centimetres a kilogram, 0 = weight only
  max_weight_g {i64} NOT NULL,          -- 0 = no limit
  min_days {i32} NOT NULL,
  max_days {i32} NOT NULL,
  PRIMARY KEY (carrier, service, warehouse, country, region, city)
){strict};

-- ---- fulfilment ---------------------------------------------------------------------------------
CREATE TABLE fulfilments (
  id {uuid} NOT NULL PRIMARY KEY,
  order_id {uuid} NOT NULL,
  warehouse {text} NOT NULL,
  carrier {text} NOT NULL,
  service {text} NOT NULL,
  state {text} NOT NULL,                -- planned | released | shipped | delivered | cancelled
  planned_at {i64} NOT NULL,
  updated_at {i64} NOT NULL
){strict};
CREATE INDEX fulfilments_by_order ON fulfilments (order_id);
CREATE INDEX fulfilments_by_warehouse ON fulfilments (warehouse, planned_at);

CREATE TABLE shipments (
  carrier {text} NOT NULL,
  number {text} NOT NULL,
  fulfilment_id {uuid},                 -- NULL while parked: a parcel nobody has told us of yet
  order_id {uuid},
  status {text} NOT NULL,
  status_at {i64} NOT NULL,
  first_seen_at {i64} NOT NULL,
  PRIMARY KEY (carrier, number)
){strict};
CREATE INDEX shipments_by_fulfilment ON shipments (fulfilment_id);
CREATE INDEX shipments_parked ON shipments (number) WHERE fulfilment_id IS NULL;

CREATE TABLE tracking (
  carrier {text} NOT NULL,
  number {text} NOT NULL,
  key {text} NOT NULL,                  -- hash of time, code and text: the same node twice is one row
  at {i64} NOT NULL,
  status {text} NOT NULL,
  code {text} NOT NULL,                 -- the carrier's own code
  text {text} NOT NULL,
  place {text} NOT NULL,
  document_id {uuid} NOT NULL,
  PRIMARY KEY (carrier, number, key)
){strict};

-- ---- outbound -----------------------------------------------------------------------------------
CREATE TABLE deliveries (
  id {uuid} NOT NULL PRIMARY KEY,
  connector {text} NOT NULL,
  stream {uuid} NOT NULL,               -- order or fulfilment
  number {i32} NOT NULL,                -- place in its stream
  order_id {uuid} NOT NULL,
  kind {text} NOT NULL,                 -- the message's kind
  as_of {bool} NOT NULL,                -- a newer one supersedes it while not begun
  body {text} NOT NULL,                 -- JSON of the message, ids only
  state {text} NOT NULL,                -- waiting | done | superseded | quarantined
  attempts {i32} NOT NULL,
  next_at {i64} NOT NULL,
  lease_owner {text} NOT NULL,
  lease_until {i64} NOT NULL,
  lease_epoch {i64} NOT NULL,
  kept {text} NOT NULL,                 -- JSON array of what the connector kept
  error {text} NOT NULL,                -- stable code of the last failure, '' when none
  created_at {i64} NOT NULL,
  updated_at {i64} NOT NULL,
  CHECK (state IN ('waiting', 'done', 'superseded', 'quarantined'))
){strict};
CREATE UNIQUE INDEX deliveries_stream ON deliveries (connector, stream, number);
CREATE INDEX deliveries_waiting ON deliveries (connector, next_at) WHERE state = 'waiting';
CREATE INDEX deliveries_quarantined ON deliveries (connector) WHERE state = 'quarantined';
CREATE INDEX deliveries_by_order ON deliveries (order_id);
CREATE INDEX deliveries_by_time ON deliveries (created_at, id);

CREATE TABLE exchanges (
  id {serial},
  delivery_id {uuid} NOT NULL,
  attempt {i32} NOT NULL,
  at {i64} NOT NULL,
  took_us {i64} NOT NULL,
  request {text} NOT NULL,              -- JSON, redacted and capped
  answer {text} NOT NULL,               -- JSON, redacted and capped
  outcome {text} NOT NULL
){strict};
CREATE INDEX exchanges_by_delivery ON exchanges (delivery_id, id);
CREATE INDEX exchanges_by_time ON exchanges (at);

-- ---- the house ----------------------------------------------------------------------------------
CREATE TABLE work (
  kind {text} NOT NULL,                 -- e.g. expire_reservation, retry_backorders, match_parcel
  key {text} NOT NULL,
  due_at {i64} NOT NULL,
  lease_until {i64} NOT NULL,
  PRIMARY KEY (kind, key)
){strict}{narrow};
CREATE INDEX work_due ON work (due_at);

CREATE TABLE api_keys (
  id {text} NOT NULL PRIMARY KEY,
  user_name {text} NOT NULL,
  role {text} NOT NULL,
  channel {text} NOT NULL,              -- '' = not bound to a channel
  secret_hash {bytes} NOT NULL,
  created_at {i64} NOT NULL,
  expires_at {i64},
  revoked_at {i64}
){strict};

CREATE TABLE consumers (
  name {text} NOT NULL PRIMARY KEY,
  seq {i64} NOT NULL,
  updated_at {i64} NOT NULL
){strict}{narrow};

CREATE TABLE nodes (
  name {text} NOT NULL PRIMARY KEY,
  started_at {i64} NOT NULL,
  heartbeat_at {i64} NOT NULL
){strict}{narrow};

CREATE TABLE audit (
  id {serial},
  at {i64} NOT NULL,
  actor {text} NOT NULL,
  action {text} NOT NULL,
  target {text} NOT NULL,
  detail {text} NOT NULL
){strict};

CREATE TABLE settings (
  name {text} NOT NULL PRIMARY KEY,
  value {bytes} NOT NULL
){strict}{narrow};
