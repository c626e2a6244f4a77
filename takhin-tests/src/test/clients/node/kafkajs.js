// KafkaJS against a broker: kafkajs.js BOOTSTRAP SCENARIO NAME [CODEC]
'use strict'
const assert = require('node:assert')
const { Kafka, CompressionTypes, CompressionCodecs, Partitioners, logLevel } = require('kafkajs')

const [bootstrap, scenario, name, codecName] = process.argv.slice(2)
const COUNT = 200

CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')
const zstd = require('@bokuweb/zstd-wasm')
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)),
  decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
})

const kafka = new Kafka({ clientId: 'takhin-tests', brokers: [bootstrap], logLevel: logLevel.NOTHING })

async function produce(compression, acks = -1) {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const messages = Array.from({ length: COUNT }, (_, i) => ({
    key: `key-${i}`, value: `value-${i}`, headers: { number: String(i) },
  }))
  await producer.send({ topic: name, messages, compression, acks })
  await producer.disconnect()
}

async function read(count, groupId) {
  const consumer = kafka.consumer({ groupId })
  await consumer.connect()
  await consumer.subscribe({ topics: [name], fromBeginning: true })
  const records = await new Promise((resolve, reject) => {
    const seen = []
    const late = setTimeout(() => reject(new Error(`${seen.length} records instead of ${count}`)), 30000)
    consumer.run({
      eachMessage: async ({ message }) => {
        seen.push(message)
        if (seen.length === count) { clearTimeout(late); resolve(seen) }
      },
    }).catch(reject)
  })
  await consumer.disconnect()
  return records
}

async function createTopic(partitions) {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: name, numPartitions: partitions }] })
  return admin
}

const scenarios = {
  async codec() {
    await (await createTopic(1)).disconnect()
    await zstd.init()
    const types = { none: 'None', gzip: 'GZIP', snappy: 'Snappy', zstd: 'ZSTD' }
    await produce(CompressionTypes[types[codecName]])
    const records = await read(COUNT, name)
    records.forEach((record, i) => {
      assert.strictEqual(record.key.toString(), `key-${i}`)
      assert.strictEqual(record.value.toString(), `value-${i}`)
      assert.strictEqual(record.headers.number.toString(), String(i))
    })
  },

  async group() {
    const admin = await createTopic(4)
    await produce(CompressionTypes.None)
    const seen = await read(COUNT, name)
    assert.strictEqual(new Set(seen.map((record) => record.key.toString())).size, COUNT)
    const groups = await admin.listGroups()
    assert(groups.groups.some((group) => group.groupId === name))
    const offsets = await admin.fetchOffsets({ groupId: name, topics: [name] })
    assert.strictEqual(offsets[0].partitions.length, 4)
    await admin.deleteGroups([name])
    await admin.disconnect()
  },

  async admin() {
    const admin = await createTopic(3)
    const described = await admin.fetchTopicMetadata({ topics: [name] })
    assert.strictEqual(described.topics[0].partitions.length, 3)
    const configs = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name }] })
    assert(configs.resources[0].configEntries.length > 20)
    await admin.deleteTopics({ topics: [name] })
    const end = Date.now() + 20000
    while ((await admin.listTopics()).includes(name)) assert(Date.now() < end, 'the topic is still listed')
    await admin.disconnect()
  },
}

scenarios[scenario]().then(() => { console.log('ok'); process.exit(0) }, (error) => { console.error(error); process.exit(1) })
