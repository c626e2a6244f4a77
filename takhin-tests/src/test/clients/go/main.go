// kafka-go against a broker: kafkago BOOTSTRAP SCENARIO NAME [CODEC]
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
)

const count = 200

var bootstrap, scenario, name = os.Args[1], os.Args[2], os.Args[3]

var codecs = map[string]kafka.Compression{
	"none": 0, "gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd,
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	scenarios := map[string]func(context.Context) error{
		"codec": codec, "group": group, "admin": admin, "manual": manual,
	}
	if err := scenarios[scenario](ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ok")
}

func client() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(bootstrap), Timeout: 20 * time.Second}
}

func create(ctx context.Context, partitions int) error {
	answer, err := client().CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: name, NumPartitions: partitions, ReplicationFactor: 1}},
	})
	if err != nil {
		return err
	}
	return answer.Errors[name]
}

func produce(ctx context.Context, writer *kafka.Writer) error {
	messages := make([]kafka.Message, count)
	for i := range messages {
		messages[i] = kafka.Message{
			Key:     []byte(fmt.Sprintf("key-%d", i)),
			Value:   []byte(fmt.Sprintf("value-%d", i)),
			Headers: []kafka.Header{{Key: "number", Value: []byte(fmt.Sprint(i))}},
		}
	}
	if err := writer.WriteMessages(ctx, messages...); err != nil {
		return err
	}
	return writer.Close()
}

func read(ctx context.Context, reader *kafka.Reader) error {
	seen := map[string]bool{}
	for len(seen) < count {
		message, err := reader.ReadMessage(ctx)
		if err != nil {
			return fmt.Errorf("after %d records: %w", len(seen), err)
		}
		key := string(message.Key)
		if seen[key] || len(message.Headers) != 1 || string(message.Value) != "value-"+key[4:] {
			return fmt.Errorf("unexpected record %v", message)
		}
		seen[key] = true
	}
	return reader.Close()
}

func codec(ctx context.Context) error {
	if err := create(ctx, 1); err != nil {
		return err
	}
	writer := &kafka.Writer{
		Addr: kafka.TCP(bootstrap), Topic: name, RequiredAcks: kafka.RequireAll,
		Compression: codecs[os.Args[4]], BatchTimeout: 10 * time.Millisecond,
	}
	if err := produce(ctx, writer); err != nil {
		return err
	}
	return read(ctx, kafka.NewReader(kafka.ReaderConfig{Brokers: []string{bootstrap}, Topic: name}))
}

// The producer and consumer of the user manual, literally.
func manual(ctx context.Context) error {
	if err := create(ctx, 1); err != nil {
		return err
	}
	writer := kafka.NewWriter(kafka.WriterConfig{
		Brokers: []string{bootstrap}, Topic: name, Balancer: &kafka.Hash{},
		BatchSize: 100, BatchTimeout: 10 * time.Millisecond,
		CompressionCodec: kafka.Gzip.Codec(), RequiredAcks: -1,
	})
	if err := produce(ctx, writer); err != nil {
		return err
	}
	return read(ctx, kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{bootstrap}, Topic: name, GroupID: name,
		MinBytes: 10e3, MaxBytes: 10e6, MaxWait: 500 * time.Millisecond,
		StartOffset: kafka.FirstOffset,
	}))
}

func group(ctx context.Context) error {
	if err := create(ctx, 4); err != nil {
		return err
	}
	config := kafka.ReaderConfig{
		Brokers: []string{bootstrap}, Topic: name, GroupID: name, StartOffset: kafka.FirstOffset,
		SessionTimeout: 10 * time.Second, HeartbeatInterval: time.Second,
		RebalanceTimeout: 30 * time.Second, JoinGroupBackoff: time.Second,
	}
	first, second := kafka.NewReader(config), kafka.NewReader(config)
	defer first.Close()
	defer second.Close()
	writer := &kafka.Writer{
		Addr: kafka.TCP(bootstrap), Topic: name, RequiredAcks: kafka.RequireAll,
		Balancer: &kafka.RoundRobin{}, BatchTimeout: 10 * time.Millisecond,
	}
	if err := produce(ctx, writer); err != nil {
		return err
	}
	records := make(chan string)
	failures := make(chan error, 2)
	for _, reader := range []*kafka.Reader{first, second} {
		go func() {
			for {
				message, err := reader.FetchMessage(ctx)
				if err != nil {
					failures <- err
					return
				}
				if err := reader.CommitMessages(ctx, message); err != nil {
					failures <- err
					return
				}
				records <- string(message.Key)
			}
		}()
	}
	seen := map[string]bool{}
	for len(seen) < count {
		select {
		case key := <-records:
			seen[key] = true
		case err := <-failures:
			return fmt.Errorf("after %d records: %w", len(seen), err)
		}
	}
	return nil
}

func admin(ctx context.Context) error {
	if err := create(ctx, 3); err != nil {
		return err
	}
	metadata, err := client().Metadata(ctx, &kafka.MetadataRequest{Topics: []string{name}})
	if err != nil {
		return err
	}
	if len(metadata.Topics[0].Partitions) != 3 {
		return fmt.Errorf("unexpected metadata %v", metadata.Topics)
	}
	answer, err := client().DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{name}})
	if err != nil {
		return err
	}
	return answer.Errors[name]
}
