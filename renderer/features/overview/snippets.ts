/** How each language connects: programs that run as they are, with the real address. Pure. */

import type { CodePart } from '../../ui/code-block.tsx'

export type Snippet = {
  readonly id: string
  readonly label: string
  readonly file: string
  readonly code: string
  readonly language: Language
}
type Language = 'shell' | 'js' | 'java' | 'python' | 'go' | 'properties'

const KEY = 'eu-48213'
const VALUE = '{"order_id":"o-1","amount":12.50}'

/** In the order of the tabs. Each writes one record with a key to `orders`. */
export function snippetsFor(address: string): readonly Snippet[] {
  return [
    { id: 'kcat', label: 'kcat', file: 'shell', language: 'shell', code: kcat(address) },
    { id: 'java', label: 'Java', file: 'Send.java', language: 'java', code: java(address) },
    { id: 'node', label: 'Node', file: 'send.mjs', language: 'js', code: node(address) },
    { id: 'python', label: 'Python', file: 'send.py', language: 'python', code: python(address) },
    { id: 'go', label: 'Go', file: 'main.go', language: 'go', code: go(address) },
    { id: 'properties', label: 'Properties', file: 'client.properties', language: 'properties', code: properties(address) },
  ]
}

function kcat(address: string): string {
  return `# list what is there
kcat -b ${address} -L
# write one record with a key
echo '${KEY}:${VALUE}' | kcat -b ${address} -t orders -K: -P
# read everything from the start
kcat -b ${address} -t orders -C -o beginning -e -f '%k %s\\n'
`
}

function node(address: string): string {
  return `// npm install kafkajs
import { Kafka } from 'kafkajs'

const kafka = new Kafka({ clientId: 'checkout-api', brokers: ['${address}'] })
const producer = kafka.producer()
await producer.connect()
await producer.send({
  topic: 'orders',
  messages: [{ key: '${KEY}', value: '${VALUE}' }],
})
await producer.disconnect()
`
}

function java(address: string): string {
  return `//DEPS org.apache.kafka:kafka-clients:4.1.0
// jbang Send.java, or put the line above into your build file
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

class Send {
  public static void main(String[] args) {
    Map<String, Object> config = Map.of("bootstrap.servers", "${address}");
    try (var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>("orders", "${KEY}", ${JSON.stringify(VALUE)}));
    }
  }
}
`
}

function python(address: string): string {
  return `# pip install confluent-kafka
from confluent_kafka import Producer

producer = Producer({'bootstrap.servers': '${address}', 'client.id': 'checkout-api'})
producer.produce('orders', key='${KEY}', value='${VALUE}')
producer.flush()
`
}

function go(address: string): string {
  return `// go mod init send && go get github.com/twmb/franz-go/pkg/kgo && go run .
package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	client, err := kgo.NewClient(kgo.SeedBrokers("${address}"), kgo.AllowAutoTopicCreation())
	if err != nil {
		panic(err)
	}
	defer client.Close()
	record := &kgo.Record{Topic: "orders", Key: []byte("${KEY}"), Value: []byte(\`${VALUE}\`)}
	if err := client.ProduceSync(context.Background(), record).FirstErr(); err != nil {
		panic(err)
	}
}
`
}

function properties(address: string): string {
  return `# any client, any language: this is all it needs
bootstrap.servers=${address}
security.protocol=PLAINTEXT
`
}

const words: Readonly<Record<Language, readonly string[]>> = {
  shell: [],
  js: ['import', 'from', 'const', 'new', 'await'],
  java: ['import', 'class', 'public', 'static', 'void', 'try', 'var', 'new'],
  python: ['from', 'import'],
  go: ['package', 'import', 'func', 'if', 'nil', 'defer', 'return'],
  properties: [],
}

/** The code in coloured parts: comments, strings, keywords; joined they equal it. Enough for the programs above, not for all. */
export function colourCode({ code, language }: Pick<Snippet, 'code' | 'language'>): readonly CodePart[] {
  const comment = ['js', 'java', 'go'].includes(language) ? '(?<=^|\\s)//[^\\n]*' : '(?<=^|\\n)#[^\\n]*'
  const keyword = words[language].length > 0 ? `|(?<keyword>\\b(?:${words[language].join('|')})\\b)` : ''
  const pattern = new RegExp(`(?<comment>${comment})|(?<string>"(?:[^"\\\\\\n]|\\\\.)*"|'[^'\\n]*'|\`[^\`]*\`)${keyword}`, 'g')
  const parts: CodePart[] = []
  let from = 0
  for (const match of code.matchAll(pattern)) {
    if (match.index > from) parts.push({ is: 'plain', text: code.slice(from, match.index) })
    const groups = match.groups ?? {}
    parts.push({ is: groups['comment'] !== undefined ? 'comment' : groups['string'] !== undefined ? 'string' : 'keyword', text: match[0] })
    from = match.index + match[0].length
  }
  if (from < code.length) parts.push({ is: 'plain', text: code.slice(from) })
  return parts
}
