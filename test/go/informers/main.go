// Informers, typed and dynamic, that must hold at each checkpoint exactly what the server lists.
//
// Commands come on standard input, one a line: `write N` makes N changes of ConfigMaps, `compare` waits until both
// caches equal a list. Each is answered by a line `ok …` or `FAIL …`.
package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	namespace = "default"
	names     = 200
	writers   = 8
	patience  = 60 * time.Second
)

// events is what the handlers of one informer have been told, put together.
type events struct {
	mutex    sync.Mutex
	versions map[string]string
}

func (e *events) set(name, version string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.versions[name] = version
}

func (e *events) remove(name string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	delete(e.versions, name)
}

func (e *events) copy() map[string]string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return maps.Clone(e.versions)
}

func follow(informer cache.SharedIndexInformer) *events {
	told := &events{versions: map[string]string{}}
	put := func(object any) {
		meta := object.(metav1.Object)
		if meta.GetNamespace() == namespace {
			told.set(meta.GetName(), meta.GetResourceVersion())
		}
	}
	informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    put,
		UpdateFunc: func(_, object any) { put(object) },
		DeleteFunc: func(object any) {
			if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = gone.Obj
			}
			meta := object.(metav1.Object)
			if meta.GetNamespace() == namespace {
				told.remove(meta.GetName())
			}
		},
	})
	return told
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	check(err)
	config.QPS, config.Burst = 5000, 5000
	client := kubernetes.NewForConfigOrDie(config)
	dynamicClient := dynamic.NewForConfigOrDie(config)
	ctx := context.Background()

	typed := informers.NewSharedInformerFactory(client, 0)
	generic := dynamicinformer.NewDynamicSharedInformerFactory(dynamicClient, 0)
	resource := corev1.SchemeGroupVersion.WithResource("configmaps")
	typedInformer := typed.Core().V1().ConfigMaps().Informer()
	genericInformer := generic.ForResource(resource).Informer()
	all := map[string]*events{"typed": follow(typedInformer), "dynamic": follow(genericInformer)}
	stores := map[string]cache.Store{"typed": typedInformer.GetStore(), "dynamic": genericInformer.GetStore()}
	typed.Start(ctx.Done())
	generic.Start(ctx.Done())
	typed.WaitForCacheSync(ctx.Done())
	generic.WaitForCacheSync(ctx.Done())
	fmt.Println("ok synced")

	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		words := strings.Fields(input.Text())
		switch words[0] {
		case "write":
			var count int
			fmt.Sscan(words[1], &count)
			write(ctx, client, count)
		case "compare":
			compare(ctx, client, all, stores)
		}
	}
}

// write makes changes from several goroutines, each with names of its own; the server may restart meanwhile. It gives up
// when one of them has had nothing but errors for long.
func write(ctx context.Context, client kubernetes.Interface, count int) {
	begin := time.Now()
	var group sync.WaitGroup
	var problem error
	var once sync.Once
	for writer := range writers {
		group.Go(func() {
			random := rand.New(rand.NewSource(int64(writer)))
			last := time.Now()
			for change := 0; change < count/writers; {
				name := fmt.Sprintf("c-%d-%d", writer, random.Intn(names/writers))
				if err := writeOne(ctx, client, name, random.Intn(4), change); err != nil {
					if time.Since(last) > patience {
						once.Do(func() { problem = err })
						return
					}
					time.Sleep(20 * time.Millisecond)
					continue
				}
				change++
				last = time.Now()
			}
		})
	}
	group.Wait()
	if problem != nil {
		fmt.Println("FAIL", problem)
		return
	}
	fmt.Printf("ok wrote %d in %s\n", count, time.Since(begin).Round(time.Millisecond))
}

func writeOne(ctx context.Context, client kubernetes.Interface, name string, action, change int) error {
	maps := client.CoreV1().ConfigMaps(namespace)
	object := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Data:       map[string]string{"change": fmt.Sprint(change)},
	}
	_, err := maps.Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		_, err = maps.Create(ctx, object, metav1.CreateOptions{})
	case err == nil && action == 0:
		err = maps.Delete(ctx, name, metav1.DeleteOptions{})
	case err == nil:
		_, err = maps.Update(ctx, object, metav1.UpdateOptions{})
	}
	return err
}

// compare waits until caches and handlers of both informers have what the server lists, and nothing else.
func compare(ctx context.Context, client kubernetes.Interface, all map[string]*events, stores map[string]cache.Store) {
	problem := "nothing was compared"
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		list, err := client.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			problem = err.Error()
			continue
		}
		wanted := map[string]string{}
		for _, item := range list.Items {
			wanted[item.Name] = item.ResourceVersion
		}
		problem = ""
		for kind, told := range all {
			if found := told.copy(); !maps.Equal(found, wanted) {
				problem = fmt.Sprintf("handlers of the %s informer heard of %d objects, the server has %d", kind, len(found), len(wanted))
			}
			if found := contents(stores[kind]); !maps.Equal(found, wanted) {
				problem = fmt.Sprintf("the cache of the %s informer has %d objects, the server %d", kind, len(found), len(wanted))
			}
		}
		if problem == "" {
			fmt.Printf("ok equal at %s: %d objects\n", list.ResourceVersion, len(wanted))
			return
		}
	}
	fmt.Println("FAIL", problem)
}

func contents(store cache.Store) map[string]string {
	found := map[string]string{}
	for _, object := range store.List() {
		var meta metav1.Object
		switch typed := object.(type) {
		case *corev1.ConfigMap:
			meta = typed
		case *unstructured.Unstructured:
			meta = typed
		}
		if meta.GetNamespace() == namespace {
			found[meta.GetName()] = meta.GetResourceVersion()
		}
	}
	return found
}

func check(err error) {
	if err != nil {
		fmt.Println("FAIL", err)
		os.Exit(1)
	}
}
